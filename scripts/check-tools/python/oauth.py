"""OAuth 2.0 clients: a wrong password is an error to them, the right one a token. Prints nothing. Usage: oauth.py authlib|requests-oauthlib"""
import os
import sys
import uuid

import httpx

url = os.environ["AGORA_URL"]
email, password = f"{uuid.uuid4()}@example.test", "a long enough password"
httpx.post(f"{url}/users", json={"email": email, "password": password}).raise_for_status()

if sys.argv[1] == "authlib":
    from authlib.integrations.base_client.errors import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

    client = OAuth2Client(token_endpoint_auth_method="none")
    log_in = lambda secret: client.fetch_token(f"{url}/login", grant_type="password", username=email, password=secret)
    refresh = lambda token: client.refresh_token(f"{url}/refresh", refresh_token=token["refresh_token"])
    error = lambda refused: refused.error
else:
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error as OAuthError
    from requests_oauthlib import OAuth2Session

    client = OAuth2Session(client=LegacyApplicationClient(client_id=None))
    log_in = lambda secret: client.fetch_token(f"{url}/login", username=email, password=secret, include_client_id=False)
    refresh = lambda token: client.refresh_token(f"{url}/refresh", refresh_token=token["refresh_token"])
    error = lambda refused: refused.error

try:
    log_in("not the password")
    sys.exit("a wrong password was taken for a token")
except OAuthError as refused:
    assert error(refused) == "invalid_grant", refused
token = refresh(log_in(password))
assert client.get(f"{url}/users/me").json()["email"] == email
