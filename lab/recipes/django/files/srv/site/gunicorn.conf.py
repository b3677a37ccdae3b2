"""How gunicorn runs the site: nothing is written but in memory."""

bind = "0.0.0.0:8000"
workers = 2
threads = 8
# A load balancer keeps connections open for 60 s. The application must not close them before.
keepalive = 75
graceful_timeout = 30
worker_tmp_dir = "/dev/shm"
accesslog = "-"
