# The edge of the ITSM server: nginx, the templates of deploy/edge and the built console.
ARG BASE_IMAGE=nginx:1.28-bookworm
FROM ${BASE_IMAGE}
USER root
RUN echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd && echo 'muster:x:10001:' >>/etc/group \
 && mkdir -p /var/lib/muster/anchors && chown -R 10001:10001 /var/lib/muster
COPY scripts/muster-ready scripts/muster-render scripts/muster-edge scripts/muster-anchors scripts/muster-upstreams /usr/local/bin/
COPY templates/ /opt/muster/templates/
COPY console/ /opt/muster/console/
ARG VERSION=
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
ENV READY_PORT=8080 READY_PATH=/ READY_STATUS=308
USER 10001:10001
ENTRYPOINT ["muster-edge"]
CMD []
