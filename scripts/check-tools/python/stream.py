"""httpx-sse reads the live feed: the post that is published, and no empty event."""
import json
import os
import threading
import uuid

import httpx
from httpx_sse import connect_sse

url = os.environ["AGORA_URL"]
email, password = f"{uuid.uuid4()}@example.test", "a long enough password"
httpx.post(f"{url}/users", json={"email": email, "password": password}).raise_for_status()
token = httpx.post(f"{url}/login", data={"username": email, "password": password}).json()["access_token"]
headers = {"Authorization": f"Bearer {token}"}
title = str(uuid.uuid4())
publish = lambda: httpx.post(f"{url}/posts", headers=headers, json={"title": title, "content": "Seen live."})
with httpx.Client(timeout=40) as client, connect_sse(client, "GET", f"{url}/feed/stream", headers=headers) as source:
    threading.Timer(1, publish).start()
    for event in source.iter_sse():
        data = json.loads(event.data)
        if event.event == "post-published" and data["title"] == title:
            break
