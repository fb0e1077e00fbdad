// client.mjs HOST PORT NICK ACCOUNT PASSWORD - irc-framework over TLS, logged in by SASL, in #t: it answers what is said there.
// Each event of interest is a line on standard output.
import IRC from 'irc-framework'

const [host, port, nick, account, password] = process.argv.slice(2)
const client = new IRC.Client()

client.on('loggedin', event => console.log(`logged in as ${event.account}`))
client.on('sasl failed', event => console.log(`sasl failed: ${event.reason}`))
client.on('registered', () => client.join('#t'))
client.on('message', event => {
  if (event.target === '#t') client.say('#t', `${event.nick} said ${event.message}`)
})
client.connect({
  host, port: Number(port), nick, username: nick, gecos: nick, account: { account, password },
  tls: true, rejectUnauthorized: false, auto_reconnect: false, sasl_disconnect_on_fail: true,
})
