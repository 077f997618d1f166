"""
A mail server for tests: aiosmtpd (package python3-aiosmtpd), an SMTP server of its own that knows STARTTLS, implicit TLS
and AUTH. Reads one JSON object from the command line, writes what it took into a spool folder, one JSON file for each
message, parsed by Python's own e-mail package, and logs what it was told.
"""
import asyncio
import base64
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
spool = options["spool"]
taken = 0


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if address in options.get("refuseSenders", []):
            return "553 5.7.1 You may not send as " + address
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address in options.get("refuse", []):
            return "550 5.1.1 Nobody here is called " + address
        if address in options.get("defer", []):
            return "450 4.2.1 The mailbox of " + address + " is busy, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        global taken
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",))
        html = message.get_body(("html",))
        taken += 1
        name = "%d-%05d.json" % (os.getpid(), taken)
        record = {
            "envelope": {"from": envelope.mail_from, "to": envelope.rcpt_tos},
            "tls": server._tls_protocol is not None or options.get("security") == "tls",
            "user": session.auth_data.decode() if session.auth_data else None,
            "headers": [[key, str(value)] for key, value in message.items()],
            "text": lines(text),
            "html": lines(html),
            "raw": base64.b64encode(envelope.content).decode(),
        }
        draft = os.path.join(spool, "." + name)
        with open(draft, "w") as file:
            json.dump(record, file)
        os.rename(draft, os.path.join(spool, name))
        return "250 2.0.0 Queued as " + name


def lines(part):
    return part.get_content().replace("\r\n", "\n") if part else ""


def authenticate(server, session, envelope, mechanism, auth_data):
    right = auth_data.login.decode() == options["user"] and auth_data.password.decode() == options["password"]
    if not right:
        return AuthResult(success=False, handled=False, message="535 5.7.8 That is not the password of this user")
    return AuthResult(success=True, auth_data=auth_data.login)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options["certificate"], options["key"])
    return made


def server():
    sign_in = {"authenticator": authenticate, "auth_required": True} if options.get("user") else {}
    if options.get("security") == "starttls":
        return SMTP(Handler(), hostname="mail.test", tls_context=context(), require_starttls=True, **sign_in)
    return SMTP(Handler(), hostname="mail.test", auth_require_tls=False, **sign_in)


async def serve():
    tls = context() if options.get("security") == "tls" else None
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server, "127.0.0.1", options["port"], ssl=tls)
    print("ready", flush=True)
    await listening.serve_forever()


asyncio.run(serve())
