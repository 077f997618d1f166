# The command `muster` for servers without Node.js; compose/muster runs it as root, since it writes the server's folder.
ARG BASE_IMAGE=node:24-bookworm-slim
ARG DOCKER_IMAGE=docker:28-cli
FROM ${DOCKER_IMAGE} AS docker
FROM ${BASE_IMAGE}
USER root
# For certs-templates/make-certs.sh.
RUN command -v openssl >/dev/null || { apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*; }
ARG DOCKER_BINARY=/usr/local/bin/docker
ARG COMPOSE_BINARY=/usr/local/libexec/docker/cli-plugins/docker-compose
COPY --from=docker ${DOCKER_BINARY} /usr/local/bin/docker
COPY --from=docker ${COMPOSE_BINARY} /usr/local/libexec/docker/cli-plugins/docker-compose
# Below /usr: the server's own /opt and its like are mounted over those of the image.
COPY app/ /usr/share/muster/
ARG VERSION=
ARG IMAGE=
RUN sed -i "s|\"version\": \"[^\"]*\"|\"version\": \"${VERSION}\"|" /usr/share/muster/dist/package.json
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
ENV NODE_ENV=production MUSTER_CLI_IMAGE=${IMAGE}
ENTRYPOINT ["node", "/usr/share/muster/dist/main.mjs"]
CMD ["help"]
