# coturn with the configuration of deploy/turn.
ARG BASE_IMAGE=coturn/coturn:4.6-debian
FROM ${BASE_IMAGE}
USER root
# A copy has no file capabilities: with them the kernel would refuse to start it in a container that has none.
RUN cp "$(command -v turnserver)" /usr/local/bin/muster-turnserver \
 && echo 'muster:x:10001:10001::/var/lib/muster:/usr/sbin/nologin' >>/etc/passwd && echo 'muster:x:10001:' >>/etc/group
COPY scripts/muster-turn-ready /usr/local/bin/muster-ready
COPY scripts/muster-render scripts/muster-coturn /usr/local/bin/
COPY templates/ /opt/muster/templates/
ARG VERSION=
LABEL org.opencontainers.image.version=${VERSION} org.opencontainers.image.licenses=Apache-2.0
USER 10001:10001
ENTRYPOINT ["muster-coturn"]
CMD []
