"""The journey with a client that openapi-generator generated."""
import os
import uuid

from openapi_client import ApiClient, AuthApi, Configuration, PostInput, PostsApi, ProblemCode, Registration, VoteRequest, VotesApi
from openapi_client.exceptions import ForbiddenException
from urllib3 import HTTPHeaderDict

url = os.environ["AGORA_URL"]
email = f"{uuid.uuid4()}@example.test"
auth = AuthApi(ApiClient(Configuration(host=url)))
account = auth.register(Registration(email=email, password="a long enough password"))
assert account.email == email
try:
    auth.log_in(username=email, password="not the password")
    raise AssertionError("a wrong password was accepted")
except ForbiddenException as refused:
    assert refused.data.code == ProblemCode.INVALID_CREDENTIALS
token = auth.log_in(username=email, password="a long enough password")
me = ApiClient(Configuration(host=url, access_token=token.access_token))
title = str(uuid.uuid4())
post = PostsApi(me).create_post(PostInput(title=title, content="Written by a generated client."))
assert post.published and post.owner_id == account.id
vote = VotesApi(me).cast_vote_with_http_info(VoteRequest(post_id=post.id, dir=1))
assert vote.data.message == "Vote added successfully"
feed = PostsApi(me).list_feed(search=title, consistency_token=HTTPHeaderDict(vote.headers)["Consistency-Token"])
assert [(each.id, each.votes) for each in feed] == [(post.id, 1)]
