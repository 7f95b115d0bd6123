"""Resource servers: verify an access token by the recipe of the library. Usage: verify.py pyjwt|authlib"""
import os
import sys
import uuid

import httpx

url = os.environ["AGORA_URL"]
email, password = f"{uuid.uuid4()}@example.test", "a long enough password"
account = httpx.post(f"{url}/users", json={"email": email, "password": password}).raise_for_status().json()
token = httpx.post(f"{url}/login", data={"username": email, "password": password}).json()["access_token"]
metadata = httpx.get(f"{url}/.well-known/oauth-authorization-server").json()
keys = f"{url}/.well-known/jwks.json"
audience = os.environ.get("AGORA_AUDIENCE", "agora")

if sys.argv[1] == "pyjwt":
    import jwt

    key = jwt.PyJWKClient(keys).get_signing_key_from_jwt(token)
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"
    claims = jwt.decode(token, key, algorithms=["ES256"], audience=audience, issuer=metadata["issuer"])
    assert claims["sub"] == str(account["id"])
else:
    from authlib.oauth2.rfc9068 import JWTBearerTokenValidator

    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return httpx.get(keys).json()

    validator = Validator(issuer=metadata["issuer"], resource_server=audience)
    claims = validator.authenticate_token(token)
    validator.validate_token(claims, None, None)
    assert claims["sub"] == str(account["id"])
