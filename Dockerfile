# The platform as an image: build with `docker compose build`. The database is a service of its own (compose.yaml).

FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY . .
# The wheel holds the front-end files; when npm is missing the build fetches a Node.js for itself.
RUN pip wheel --no-cache-dir --constraint constraints.txt --wheel-dir /wheels .

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --create-home trading
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels public-resource-trading && rm -rf /wheels
USER trading
ENV PYTHONUNBUFFERED=1 TRADING_DATA_FOLDER=/data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["trading", "serve", "--host", "0.0.0.0", "--port", "8000"]
