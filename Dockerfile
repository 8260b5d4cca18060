# Turret in one container: collector, dashboard and Dagster, as `turret up` runs them. How to use it: docs/operations.md.
# For several hosts (docs/scale.md): REQUIREMENTS=requirements/hosts.txt adds PostgreSQL's and object stores' clients and
# Spark, and PACKAGES=openjdk-17-jre-headless its Java.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
ARG REQUIREMENTS=requirements/runtime.txt
COPY requirements/runtime.txt requirements/hosts.txt requirements/
RUN python -m venv /opt/turret && /opt/turret/bin/pip install --no-cache-dir --require-hashes -r "$REQUIREMENTS"
COPY . .
RUN /opt/turret/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
ARG PACKAGES=""
RUN if [ -n "$PACKAGES" ]; then \
        apt-get update && apt-get install -y --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; \
    fi
RUN useradd --system --uid 10001 --create-home --home-dir /home/turret turret \
    && install -d -o turret -g turret /data
COPY --from=build /opt/turret /opt/turret
ENV PATH=/opt/turret/bin:$PATH PYTHONUNBUFFERED=1 TURRET_HOME=/data TURRET_COLLECTOR_HOST=0.0.0.0 \
    TURRET_DASHBOARD_HOST=0.0.0.0
USER turret
WORKDIR /data
VOLUME /data
EXPOSE 8000 8050
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
CMD ["turret", "up"]
