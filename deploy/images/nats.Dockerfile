# nats-server beside Node.js, which generates its configuration from the contracts of this very version.
ARG BASE_IMAGE=node:24-bookworm-slim
ARG NATS_IMAGE=nats:2.12-alpine
FROM ${NATS_IMAGE} AS nats
FROM ${BASE_IMAGE}
ARG NATS_BINARY=/usr/local/bin/nats-server
USER root
RUN echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd && echo 'muster:x:10001:' >>/etc/group \
 && mkdir -p /var/lib/muster/nats && chown -R 10001:10001 /var/lib/muster
COPY --from=nats ${NATS_BINARY} /usr/local/bin/nats-server
COPY scripts/muster-ready scripts/muster-nats /usr/local/bin/
COPY app/ /opt/muster/
ARG VERSION=
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
ENV READY_PORT=8222 READY_PATH=/healthz
USER 10001:10001
ENTRYPOINT ["muster-nats"]
