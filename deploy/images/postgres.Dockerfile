# PostgreSQL for a user without privileges on a read-only file system.
ARG BASE_IMAGE=postgres:15-bookworm
FROM ${BASE_IMAGE}
USER root
RUN echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd && echo 'muster:x:10001:' >>/etc/group \
 && mkdir -p /var/lib/muster/postgres && chown -R 10001:10001 /var/lib/muster && chmod 700 /var/lib/muster/postgres
COPY scripts/muster-postgres /usr/local/bin/
ARG VERSION=
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
USER 10001:10001
ENTRYPOINT ["muster-postgres"]
CMD []
