"""The same web server with one address more: a plain route before all others, which passes a value of Redis through."""

import sys

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.passed import KEY, PATH
from hospital_app.container import container
from hospital_app.hospital_app import app
from hospital_app.launch.serve import serve_app

client: Redis = Redis.from_url(container().settings.redis_url)


async def passed_through(_: Request) -> Response:
    return Response(await client.get(KEY), media_type="application/json")


transformers = app.api_transformer if isinstance(app.api_transformer, list) else []
for each in transformers:
    if isinstance(each, Starlette):
        each.router.routes.insert(0, Route(PATH, passed_through))

if __name__ == "__main__":
    sys.exit(serve_app("bench.passing:app"))
