// A session against a server of the test's own: handshake, refusals, reconnecting; and the outbox over a connection that breaks.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../src/irc/batch";
import type { Login } from "../src/irc/handshake";
import { parseLine, type Message } from "../src/irc/line";
import type { Socket, World } from "../src/irc/session";

// What a browser has, for the client: a storage that keeps nothing.
(globalThis as { localStorage?: unknown }).localStorage = { getItem: () => null, setItem: () => undefined };
const { App } = await import("../src/app");
const { Session } = await import("../src/irc/session");

const CAPS = "message-tags server-time batch labeled-response echo-message draft/chathistory draft/read-marker sasl=PLAIN draft/multiline=max-bytes=4096,max-lines=32";
const settle = () => new Promise((resolve) => setImmediate(resolve));

class Wire implements Socket {
	lines: Message[] = [];
	closed = false;
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: string }) => void) | null = null;
	onclose: (() => void) | null = null;
	send(line: string): void {
		const m = parseLine(line);
		if (m) this.lines.push(m);
	}
	close(): void {
		this.closed = true;
	}
	say(...lines: string[]): Promise<unknown> {
		for (const data of lines) this.onmessage?.({ data });
		return settle();
	}
	sent(command: string): Message[] {
		return this.lines.filter((m) => m.command === command);
	}
	last(command: string): Message {
		return this.sent(command).at(-1) ?? assert.fail(`no ${command} was sent`);
	}
}

class Fake {
	wires: Wire[] = [];
	time = 1_000_000;
	timers: { at: number; what: () => void }[] = [];
	world: World = {
		open: () => {
			this.wires.push(new Wire());
			return this.wire;
		},
		now: () => this.time,
		later: (ms, what) => {
			const timer = { at: this.time + ms, what };
			this.timers.push(timer);
			return () => void (this.timers = this.timers.filter((t) => t !== timer));
		},
		random: () => 1,
	};
	get wire(): Wire {
		return this.wires.at(-1) as Wire;
	}
	async pass(ms: number): Promise<void> {
		const end = this.time + ms;
		for (;;) {
			const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
			if (!next) break;
			this.timers = this.timers.filter((t) => t !== next);
			this.time = next.at;
			next.what();
			await settle();
		}
		this.time = end;
	}
	// Lets the client in.
	async admit(nick = "me", caps = CAPS): Promise<void> {
		const wire = this.wire;
		wire.onopen?.();
		await wire.say(`:s CAP * LS :${caps}`);
		for (const m of wire.sent("CAP").filter((x) => x.params[0] === "REQ")) await wire.say(`:s CAP * ACK :${m.params[1]}`);
		await wire.say(`:s 001 ${nick} :Welcome`, ":s 005 me CHATHISTORY=200 PREFIX=(qaohv)~&@%+ :are supported");
	}
}

function session(fake: Fake, login: Login) {
	const seen = { statuses: [] as string[], refusals: [] as string[], items: [] as Item[] };
	const s = new Session(fake.world, { status: (x) => seen.statuses.push(x), refused: (why) => seen.refusals.push(why), item: (i) => seen.items.push(i) });
	s.start(login);
	return { s, seen };
}

test("a guest asks for what the server has, and is in", async () => {
	const fake = new Fake();
	const { s, seen } = session(fake, { nick: "me" });
	await fake.admit();
	assert.deepEqual(seen.statuses, ["stopped", "connecting", "online"]);
	assert.ok(s.has("draft/multiline") && !s.has("soju.im/search"));
	assert.equal(fake.wire.sent("AUTHENTICATE").length, 0);
	assert.equal(fake.wire.last("CAP").params[0], "END");
});

test("a password is shown by PLAIN, and only what follows a refusal is told", async () => {
	const fake = new Fake();
	const { seen } = session(fake, { nick: "me", account: "acc", password: "pw", appPassword: true });
	fake.wire.onopen?.();
	await fake.wire.say(`:s CAP * LS * :sasl=PLAIN,SCRAM-SHA-256 batch`, `:s CAP * LS :server-time`);
	for (const m of fake.wire.sent("CAP").filter((x) => x.params[0] === "REQ")) await fake.wire.say(`:s CAP * ACK :${m.params[1]}`);
	assert.deepEqual(fake.wire.last("AUTHENTICATE").params, ["PLAIN"]);
	await fake.wire.say("AUTHENTICATE +");
	assert.equal(Buffer.from(fake.wire.last("AUTHENTICATE").params[0] ?? "", "base64").toString(), "\0acc\0pw");
	await fake.wire.say(":s 904 me :SASL authentication failed");
	assert.deepEqual(seen.refusals, ["login-failed"]);
	assert.ok(fake.wire.closed);
});

test("a nick in use ends the first attempt; later ones take another and ask again", async () => {
	const fake = new Fake();
	const { s, seen } = session(fake, { nick: "me" });
	fake.wire.onopen?.();
	await fake.wire.say(":s 433 * me :in use");
	assert.deepEqual(seen.refusals, ["nick-taken"]);
	s.start({ nick: "me" });
	await fake.admit();
	fake.wire.onclose?.();
	await fake.pass(1000);
	fake.wire.onopen?.();
	await fake.wire.say(":s 433 * me :in use");
	assert.deepEqual(fake.wire.last("NICK").params, ["me_"]);
	await fake.admit("me_");
	await fake.pass(31_000);
	assert.deepEqual(fake.wire.last("NICK").params, ["me"]);
});

test("a silent server is pinged, and left if it stays silent", async () => {
	const fake = new Fake();
	const { s } = session(fake, { nick: "me" });
	await fake.admit();
	await fake.pass(45_000);
	assert.equal(fake.wire.sent("PING").length, 1);
	await fake.wire.say(":s PONG s alive");
	await fake.pass(45_000 + 20_000);
	assert.equal(s.status, "waiting");
	await fake.pass(60_000);
	assert.equal(fake.wires.length > 1, true);
});

test("answers find who asked, and a broken connection answers with nothing", async () => {
	const fake = new Fake();
	const { s, seen } = session(fake, { nick: "me" });
	await fake.admit();
	const before = seen.items.length;
	const answer = s.ask("NS", "SESSIONS");
	const label = fake.wire.last("NS").tags["label"];
	await fake.wire.say(`@label=${label} :s BATCH +1 labeled-response`, "@batch=1 :NickServ!n@s NOTICE me :one", ":bob!u@h PRIVMSG me :between", ":s BATCH -1");
	assert.equal((await answer)?.length, 1);
	assert.equal(seen.items.length - before, 1, "the listener sees what is no answer");
	const never = s.ask("NS", "SESSIONS");
	fake.wire.onclose?.();
	assert.equal(await never, null);
});

// The client in channel #c, caught up.
async function talking(fake: Fake) {
	const app = new App(fake.world);
	app.start({ nick: "me" }, ["#c"]);
	await fake.admit();
	await fake.wire.say(":me!u@h JOIN #c");
	await answerHistory(fake, []);
	await fake.pass(20);
	return app;
}

async function answerHistory(fake: Fake, lines: string[]): Promise<Message> {
	const ask = fake.wire.sent("CHATHISTORY").filter((m) => m.params[0] !== "TARGETS").at(-1) ?? assert.fail("no history was asked for");
	await fake.wire.say(`@label=${ask.tags["label"]} :s BATCH +h chathistory #c`, ...lines.map((l) => l.replace(/^@/, "@batch=h;")), ":s BATCH -h");
	return ask;
}
const at = (n: number) => new Date(1_000_000 + n * 1000).toISOString();
const conversation = (app: InstanceType<typeof App>) => app.state().conversations.get("#c") ?? assert.fail("#c");

test("after a break, what came meanwhile is fetched from the last message on, and nothing is there twice", async () => {
	const fake = new Fake();
	const app = await talking(fake);
	await fake.wire.say(`@msgid=a1;time=${at(1)} :bob!u@h PRIVMSG #c :one`);
	fake.wire.onclose?.();
	assert.equal(app.state().status, "waiting");
	await fake.pass(1000);
	await fake.admit();
	assert.deepEqual(fake.wire.last("JOIN").params, ["#c"]);
	await fake.wire.say(":me!u@h JOIN #c", `@msgid=a4;time=${at(4)} :bob!u@h PRIVMSG #c :four`);
	const ask = await answerHistory(fake, [`@msgid=a2;time=${at(2)} :bob!u@h PRIVMSG #c :two`, `@msgid=a3;time=${at(3)} :bob!u@h PRIVMSG #c :three`, `@msgid=a4;time=${at(4)} :bob!u@h PRIVMSG #c :four`]);
	assert.deepEqual(ask.params, ["LATEST", "#c", "msgid=a1", "200"]);
	assert.deepEqual(conversation(app).entries.map((e) => e.text), ["one", "two", "three", "four"]);
});

test("a break during the catching-up loses nothing either", async () => {
	const fake = new Fake();
	const app = await talking(fake);
	await fake.wire.say(`@msgid=a1;time=${at(1)} :bob!u@h PRIVMSG #c :one`);
	fake.wire.onclose?.();
	await fake.pass(1000);
	await fake.admit();
	await fake.wire.say(":me!u@h JOIN #c", `@msgid=a3;time=${at(3)} :bob!u@h PRIVMSG #c :three`);
	fake.wire.onclose?.();
	await fake.pass(60_000);
	await fake.admit();
	await fake.wire.say(":me!u@h JOIN #c");
	const ask = await answerHistory(fake, [`@msgid=a2;time=${at(2)} :bob!u@h PRIVMSG #c :two`, `@msgid=a3;time=${at(3)} :bob!u@h PRIVMSG #c :three`]);
	assert.equal(ask.params[2], "msgid=a1");
	assert.deepEqual(conversation(app).entries.map((e) => e.text), ["one", "two", "three"]);
});

test("a message without an echo is sent again if the history has it not, and only then", async () => {
	const fake = new Fake();
	const app = await talking(fake);
	app.say("#c", "kept");
	app.say("#c", "lost");
	app.say("#c", "twice");
	app.say("#c", "twice");
	assert.equal(fake.wire.sent("PRIVMSG").length, 4);
	fake.wire.onclose?.();
	app.say("#c", "later");
	assert.deepEqual(conversation(app).pending.map((p) => p.text), ["kept", "lost", "twice", "twice", "later"]);
	await fake.pass(1000);
	await fake.admit();
	await fake.wire.say(":me!u@h JOIN #c");
	assert.equal(fake.wire.sent("PRIVMSG").length, 0, "nothing before the history is there");
	await answerHistory(fake, [`@msgid=b1;time=${at(1)} :me!u@h PRIVMSG #c :kept`, `@msgid=b2;time=${at(2)} :me!u@h PRIVMSG #c :twice`]);
	assert.deepEqual(fake.wire.sent("PRIVMSG").map((m) => m.params[1]), ["lost", "twice", "later"]);
	for (const [i, m] of fake.wire.sent("PRIVMSG").entries()) await fake.wire.say(`@label=${m.tags["label"]};msgid=c${i};time=${at(5 + i)} :me!u@h PRIVMSG #c :${m.params[1]}`);
	assert.equal(conversation(app).pending.length, 0);
	assert.deepEqual(conversation(app).entries.map((e) => e.text), ["kept", "twice", "lost", "twice", "later"]);
});

test("a refusal is shown with the message, which can be sent again", async () => {
	const fake = new Fake();
	const app = await talking(fake);
	app.say("#c", "hello");
	await fake.wire.say(`@label=${fake.wire.last("PRIVMSG").tags["label"]} :s 404 me #c :Cannot send to channel`);
	const failed = conversation(app).pending[0];
	assert.equal(failed?.error, "Cannot send to channel");
	app.outbox.retry("#c", failed ?? assert.fail());
	assert.equal(fake.wire.sent("PRIVMSG").length, 2);
	assert.equal(conversation(app).pending[0]?.error, undefined);
});

test("several lines go out as one multiline message, and its echo settles them", async () => {
	const fake = new Fake();
	const app = await talking(fake);
	app.say("#c", "one\ntwo", { reply: "a1" });
	const [open, close] = fake.wire.sent("BATCH");
	assert.equal(open?.tags["+draft/reply"], "a1");
	assert.equal(close?.params[0]?.slice(1), open?.params[0]?.slice(1));
	await fake.wire.say(`@label=${open?.tags["label"]};msgid=m1;time=${at(1)} :me!u@h BATCH +e draft/multiline #c`, "@batch=e :me!u@h PRIVMSG #c :one", "@batch=e :me!u@h PRIVMSG #c :two", ":me!u@h BATCH -e");
	assert.equal(conversation(app).pending.length, 0);
	assert.equal(conversation(app).entries.at(-1)?.text, "one\ntwo");
});
