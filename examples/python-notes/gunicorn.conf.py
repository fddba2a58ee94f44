"""How gunicorn serves the app: one process, since the notes lie in its memory, and threads for waiting requests."""

import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
workers = 1
threads = 8
graceful_timeout = 5
accesslog = "-"
# A read-only root file system has one place for the worker's heartbeat.
worker_tmp_dir = "/tmp"
