"""What the server of the page lets in, and what a browser may load.

Gradio's server does more than the page needs: it fetches files from elsewhere for whoever asks, and tells about itself.
So only what the page asks for comes in.
"""

import contextlib
import re

from starlette import requests, responses

from eval.web import transfer

MOST_BYTES, _MOST_OTHER_BYTES = 500_000_000, 10_000_000  # of files uploaded at a time, of other requests (our choice)
_UPLOAD = '/gradio_api/upload'
_PATHS = re.compile(
    r'/|/(login|logout|config)/?|/(theme\.css|manifest\.json|favicon\.ico)|/(assets|static)/.+|/gradio_api/(upload|'
    r'upload_progress|queue/(join|data)|run/predict|heartbeat/\w+|startup-events|file=/.+)')
# A browser refuses whatever this policy does not name. Gradio makes functions of strings, so it needs 'unsafe-eval'.
_HEADERS = [(b'content-security-policy', b"default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' "
             b"'unsafe-eval'; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'"),
            (b'referrer-policy', b'no-referrer')]


class Guard:
    """Lets requests in, or refuses them, and adds the policy to every answer.

    Args:
      app: an ASGI application.
      folder: of uploaded files, see `transfer`.
      rest: a `rest.Rest`, which is told of every request.

    Example:
      >>> guard = Guard(app=None, folder=folder, rest=None)
    """

    def __init__(self, app, folder, rest):
        self._app, self._folder, self._rest = app, folder, rest

    async def __call__(self, scope, receive, send):
        async def send_with_policy(message):
            if message['type'] == 'http.response.start':
                message['headers'] = [*message.get('headers', ()), *_HEADERS]
            await send(message)

        if scope['type'] != 'http':  # what the server tells itself when it starts and ends
            await self._app(scope, receive, send)
            return
        if scope['path'] == _UPLOAD:
            transfer.clean(self._folder)
        app = _refusal(scope['method'], scope['path'], dict(scope['headers'])) or self._app
        # The browser may go away; nobody needs to read that.
        with self._rest.visitor(), contextlib.suppress(requests.ClientDisconnect):
            await app(scope, receive, send_with_policy)


async def refuse_address(url, *_):
    """Stands in for the function of Gradio that fetches what a client names by its address in place of a file."""
    raise ValueError(f'{url} was not uploaded')


def _refusal(method, path, headers):
    """The answer to a request that is not let in, or None."""
    if not _PATHS.fullmatch(path):
        return responses.PlainTextResponse('Not found', 404)
    most, length = MOST_BYTES if path == _UPLOAD else _MOST_OTHER_BYTES, headers.get(b'content-length', b'')
    if method == 'POST' and not (length.isdigit() and int(length) <= most):
        return responses.PlainTextResponse(f'At most {most // 10**6} MB at a time', 413)
    return None
