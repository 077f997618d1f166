# One image for each Node.js service, all by this file. deploy/images/build.mjs stages what it copies.
ARG BASE_IMAGE=node:24-bookworm-slim
FROM ${BASE_IMAGE}
USER root
# Debian packages that this service needs; those that the base has are left alone.
ARG DEBIAN_PACKAGES=
RUN missing=""; \
    for package in ${DEBIAN_PACKAGES}; do dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"; done; \
    if [ -n "$missing" ]; then \
      apt-get update && apt-get install -y --no-install-recommends $missing && rm -rf /var/lib/apt/lists/*; \
    fi
RUN echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd && echo 'muster:x:10001:' >>/etc/group \
 && cd /var/lib && mkdir -p muster/authority muster/push-broker muster/packages muster/bip \
 && chown -R 10001:10001 /var/lib/muster
COPY scripts/muster-ready /usr/local/bin/
COPY app/ /opt/muster/
# Libraries to load first, such as libjemalloc.so.2: found by name, on every architecture.
ARG PRELOAD=
ENV LD_PRELOAD=${PRELOAD} NODE_ENV=production
ARG VERSION=
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
USER 10001:10001
WORKDIR /opt/muster
ENTRYPOINT ["node", "/opt/muster/dist/main.mjs"]
