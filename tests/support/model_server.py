"""A server with the interface of OpenAI that says what a test gives it, over real HTTP."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Cut(str):
    """An answer's text; the connection is closed in its middle."""


class ModelServer:
    """`answer(messages)` returns a text, or a pair of a status and the bytes of a body, or None: the
    connection is closed without an answer; a Cut is one of which only half comes. Counts and keeps what was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.keys = set()
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    outer.asked.append({"path": self.path, **body})
                    outer.keys.add(self.headers.get("Authorization"))
                told = outer.answer(body.get("messages") or body["prompt"])
                if told is None:
                    self.close_connection = True
                    return
                status, content = told if isinstance(told, tuple) else (200, outer.reply(self.path, told))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.close_connection = isinstance(told, Cut)
                self.wfile.write(content[:len(content) // 2] if isinstance(told, Cut) else content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    @staticmethod
    def reply(path, text):
        choice = {"text": text} if path.endswith("/v1/completions") else {
            "message": {"role": "assistant", "content": text}}
        return json.dumps({"choices": [choice],
                           "usage": {"prompt_tokens": 7, "completion_tokens": 5}}).encode()

    @property
    def url(self):
        return "http://127.0.0.1:%d/v1" % self.server.server_port

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
