"""What the server of the page lets in, and what it refuses, over HTTP."""

import concurrent.futures
import json
import os
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from data_pipeline.common import errors
from eval.web import chapter, server
from tests.eval.stand_in import StandIn
from tests.eval.web.conftest import draw

pytest.importorskip('gradio', reason='gradio is not installed: requirements-web.txt')

from eval.web import guard, rest  # noqa: E402


def _serve(folder, system, **options):
    """Starts a server: (its gr.Blocks, its port)."""
    with socket.socket() as found:
        found.bind((server.LOCAL, 0))
        port = found.getsockname()[1]
    return server.serve(system, folder, [], port=port, is_blocking=False, **options), port


@pytest.fixture(scope='module')
def work(tmp_path_factory):
    return tmp_path_factory.mktemp('work')


@pytest.fixture(scope='module')
def system():
    return StandIn()


@pytest.fixture(scope='module')
def served(work, system):
    app, port = _serve(work, system)
    yield app, port
    app.close()


def _ask(port, path, content=None, cookie='', kind='application/json'):
    """Asks the server: (status, answer as text, headers)."""
    data = content if content is None or isinstance(content, bytes) else json.dumps(content).encode()
    request = urllib.request.Request(f'http://{server.LOCAL}:{port}/{path}', data,
                                     {'Content-Type': kind, 'Cookie': cookie})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode('utf-8', 'replace'), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode('utf-8', 'replace'), error.headers


def _act(served, key, event):
    """Does what the board does: (status, answer)."""
    app, port = served
    number = next(k for k, fn in app.fns.items() if fn.name == 'acted')
    return _ask(port, 'gradio_api/run/predict', {'data': [key], 'event_data': event, 'fn_index': number,
                                                 'session_hash': 'x'})[:2]


def _new_chapter(work, tmp_path):
    one = chapter.Chapter(work, chapter.new_key())
    one.add([draw(tmp_path / 'a.png')])
    return one.folder.name


def test_ten_requests_at_once_are_served(work, served, tmp_path):
    keys = [_new_chapter(work, tmp_path) for _ in range(10)]
    events = [{'page': 'a.png', 'actions': [{'kind': 'fill', 'x': 20, 'y': 70, 'color': f'#0000{k:02x}'}]}
              for k in range(10)]
    assert _act(served, _new_chapter(work, tmp_path), {'page': 'a.png', 'actions': []})[0] == 200  # the first is slow
    with concurrent.futures.ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda key, event: _act(served, key, event), keys, events))
    assert [status for status, _ in answers] == [200] * 10
    for k, key in enumerate(keys):
        hints = chapter.Chapter(work, key).hints('a.png', 140, 200)
        assert hints[70, 20].tolist() == [0, 0, k, 255]


@pytest.mark.parametrize('event', [None, {}, {'page': '../../x', 'actions': []}, {'page': 'a.png', 'actions': 7},
                                   {'page': 'a.png', 'actions': [{'kind': 'stroke', 'points': 'x'}]}])
def test_what_the_board_does_not_send_is_refused_and_the_next_request_answered(work, served, tmp_path, event):
    key = _new_chapter(work, tmp_path)
    status, answer = _act(served, key, event)
    assert status >= 400 or json.loads(answer)['data'][0]['note']
    assert chapter.Chapter(work, key).hints('a.png', 140, 200) is None
    assert _act(served, key, {'page': 'a.png', 'actions': []})[0] == 200


@pytest.mark.parametrize('key', [None, '', '..', 'x' * 32])
def test_what_is_no_key_opens_nothing(work, served, key):
    before = set(work.iterdir())
    assert _act(served, key, {'page': 'a.png', 'actions': []})[0] >= 400
    assert set(work.iterdir()) == before


def test_no_file_can_be_read_by_its_path(work, served, tmp_path):
    key = _new_chapter(work, tmp_path)
    chapter.Chapter(work, key).save()
    for path in ('/etc/passwd', work / key / 'chapter.json', work / key / 'drawings/a.png', __file__):
        assert _ask(served[1], f'gradio_api/file={path}')[0] in (403, 404)


@pytest.mark.parametrize('path', [
    'gradio_api/info', 'gradio_api/runs', 'gradio_api/file=http://example.com/a', 'gradio_api/proxy=https://x.hf.space',
    'gradio_api/deep_link?session_hash=x', 'openapi.json', 'monitoring', 'gradio_api/queue/status'])
def test_what_the_page_does_not_need_is_not_there(served, path):
    assert _ask(served[1], path)[0] == 404


def test_the_server_fetches_no_file_from_elsewhere(served, monkeypatch):
    fetched = []
    monkeypatch.setattr('gradio.processing_utils.async_ssrf_protected_get', lambda url, *_: fetched.append(url))
    elsewhere = {'path': 'http://example.com/a.png', 'meta': {'_type': 'gradio.FileData'}}
    assert _act(served, elsewhere, {'page': 'a.png', 'actions': []})[0] >= 400
    assert fetched == []


def test_what_is_too_large_is_refused_and_the_next_request_answered(work, served, tmp_path, monkeypatch):
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n%s\r\n--x--\r\n' % bytes(900)

    def upload(times):
        return _ask(served[1], 'gradio_api/upload', times * form, kind='multipart/form-data; boundary=x')[0]

    monkeypatch.setattr(guard, 'MOST_BYTES', 1200)
    assert upload(1) == 200 and upload(2) == 413
    monkeypatch.setattr(guard, '_MOST_OTHER_BYTES', 1200)
    key = _new_chapter(work, tmp_path)
    assert _act(served, key, {'page': 'a.png', 'actions': ['x' * 2000]})[0] == 413
    with socket.create_connection((server.LOCAL, served[1])) as endless:
        endless.sendall(b'POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
        assert b' 413 ' in endless.recv(99)
    assert _act(served, key, {'page': 'a.png', 'actions': []})[0] == 200


def test_pages_are_kept_while_a_browser_is_open_and_forgotten_when_it_has_gone(work, served, system, tmp_path,
                                                                               monkeypatch):
    key, show = _new_chapter(work, tmp_path), {'page': 'a.png', 'actions': []}
    with socket.create_connection((server.LOCAL, served[1])) as browser:
        browser.sendall(b'GET /gradio_api/heartbeat/y HTTP/1.1\r\nHost: x\r\n\r\n')
        assert b' 200 ' in browser.recv(99)
        monkeypatch.setattr(rest, '_SECONDS', .1)
        _act(served, key, show)
        colored = len(system.received)
        time.sleep(1)
        _act(served, key, show)
        assert len(system.received) == colored
    time.sleep(2)
    _act(served, key, show)
    assert len(system.received) == colored + 1


def test_a_browser_may_load_nothing_from_elsewhere(served):
    status, text, headers = _ask(served[1], '')
    assert status == 200 and headers['Content-Security-Policy'].startswith("default-src 'self'")
    assert 'fonts.googleapis' not in text


def test_a_client_that_goes_away_leaves_the_server_as_it_was(work, served, tmp_path):
    app, port = served
    part = work / 'transfer/part of a file'
    part.write_bytes(b'left by a browser that went away')
    os.utime(part, (0, 0))
    form = b'Content-Type: multipart/form-data; boundary=x\r\n'
    for content in (b'POST /gradio_api/run/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"data"',
                    b'POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\n%sContent-Length: 1000\r\n\r\n--x\r\n' % form,
                    b'GET / HTTP/1.1\r\nHost: x\r\n\r\n'):
        with socket.create_connection((server.LOCAL, port)) as gone:
            gone.sendall(content)
    assert _act(served, _new_chapter(work, tmp_path), {'page': 'a.png', 'actions': []})[0] == 200
    assert not part.exists()


def test_clients_that_go_away_in_mid_run_keep_no_place(work, served, tmp_path):
    app, port = served
    key, number = _new_chapter(work, tmp_path), next(k for k, fn in app.fns.items() if fn.name == 'opened')

    def join(session):
        return _ask(port, 'gradio_api/queue/join', {'data': [key], 'fn_index': number, 'session_hash': session})[0]

    for k in range(9):  # more than are served at a time
        assert join(f'gone{k}') == 200
        with socket.create_connection((server.LOCAL, port)) as gone:
            gone.sendall(b'GET /gradio_api/queue/data?session_hash=gone%d HTTP/1.1\r\nHost: x\r\n\r\n' % k)
    assert join('here') == 200
    messages = _ask(port, 'gradio_api/queue/data?session_hash=here')[1]
    assert '"msg":"process_completed"' in messages and '"success":true' in messages and 'a.png' in messages


def test_a_password_keeps_others_out(tmp_path, system):
    app, port = _serve(tmp_path, system, password='three red foxes')
    try:
        assert 'auth_required' in _ask(port, '')[1] and _ask(port, 'config')[0] == 401

        def log_in(password):
            form = urllib.parse.urlencode({'username': 'x', 'password': password}).encode()
            return _ask(port, 'login', form, kind='application/x-www-form-urlencoded')

        assert log_in('wrong')[0] == 400
        status, _, headers = log_in('three red foxes')
        assert status == 200 and _ask(port, 'config', cookie=headers['Set-Cookie'].partition(';')[0])[0] == 200
    finally:
        app.close()


def test_a_port_that_is_taken_is_named(tmp_path, served):
    with pytest.raises(errors.UserError, match=f'--port={served[1]}'):
        server.serve(StandIn(), tmp_path, [], port=served[1], is_blocking=False)


def test_what_others_could_do_without_a_password_is_said(tmp_path, system, capsys, monkeypatch):
    app, _ = _serve(tmp_path, system, host='0.0.0.0')
    app.close()
    assert 'warning: anybody who reaches this address' in capsys.readouterr().out
