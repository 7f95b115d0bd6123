"""The journey with a client that openapi-python-client generated."""
import os
import uuid

from agora_client import AuthenticatedClient, Client
from agora_client.api.auth import log_in, register
from agora_client.api.posts import create_post, list_feed
from agora_client.api.votes import cast_vote
from agora_client.models import LoginRequest, PostInput, Problem, ProblemCode, Registration, VoteRequest

url = os.environ["AGORA_URL"]
email = f"{uuid.uuid4()}@example.test"
anyone = Client(base_url=url)
account = register.sync(client=anyone, body=Registration(email=email, password="a long enough password"))
assert account.email == email
refused = log_in.sync(client=anyone, body=LoginRequest(username=email, password="not the password"))
assert isinstance(refused, Problem) and refused.code == ProblemCode.INVALID_CREDENTIALS, refused
token = log_in.sync(client=anyone, body=LoginRequest(username=email, password="a long enough password"))
me = AuthenticatedClient(base_url=url, token=token.access_token)
title = str(uuid.uuid4())
post = create_post.sync(client=me, body=PostInput(title=title, content="Written by a generated client."))
assert post.published and post.owner_id == account.id
vote = cast_vote.sync_detailed(client=me, body=VoteRequest(post_id=post.id, dir_=1))
assert vote.parsed.message == "Vote added successfully"
feed = list_feed.sync(client=me, search=title, consistency_token=vote.headers["Consistency-Token"])
assert [(each.id, each.votes) for each in feed] == [(post.id, 1)], feed
