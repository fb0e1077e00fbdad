// Accounts: signing up and in, this browser's own password, other devices. The words of the protocol end here.
import type { App } from "./app";
import { capValue } from "./irc/caps";
import { messagesOf, type Item } from "./irc/batch";
import { answerText, failureIn } from "./state/interpret";

const SECRET = /: ([a-z0-9]{4,}(?:-[a-z0-9]{4,})+)$/;

export interface Device {
	number: string;
	text: string;
	own: boolean;
}
export interface AppPassword {
	name: string;
	text: string;
}
// How a step ended: well, with a reason why not, or with a code that must be confirmed.
export type Outcome = { ok: true; text: string } | { ok: false; text: string } | { code: true; account: string };

export class Account {
	pendingCode: { account: string; password: string; stay: boolean } | null = null; // the server has mailed a code
	problem = ""; // why signing up did not work
	serverCaps = new Map<string, string>(); // what the server could do when it was last asked

	constructor(private app: App) {}

	available(): boolean {
		return this.serverCaps.has("sasl");
	}

	mailRequired(): boolean {
		return capValue(this.serverCaps.get("draft/account-registration"), "email-required") !== undefined;
	}

	guest(nick: string, channels: string[]): void {
		this.app.keep({ nick, account: "", secret: "" });
		this.app.start({ nick }, channels);
	}

	// As somebody whom this browser knows; false: it knows nobody.
	again(channels: string[]): boolean {
		const { nick, account, secret } = this.app.kept;
		if (!nick || !secret) return false;
		this.app.start({ nick, account, password: secret, appPassword: true }, channels);
		return true;
	}

	logIn(account: string, password: string, stay: boolean, channels: string[]): void {
		this.app.keep({ nick: account });
		this.app.afterWelcome = () => void this.settled(account, password, stay);
		this.app.start({ nick: account, account, password }, channels);
	}

	// Comes in as a guest and registers the name.
	signUp(nick: string, password: string, mail: string, stay: boolean, channels: string[]): void {
		this.app.keep({ nick, account: "", secret: "" });
		this.app.afterWelcome = () => void this.register(password, mail, stay);
		this.app.start({ nick }, channels);
	}

	async register(password: string, mail: string, stay: boolean): Promise<Outcome> {
		const { session } = this.app;
		const account = session.nick;
		const outcome = this.registered((await session.ask("REGISTER", "*", mail || "*", password)) ?? []);
		this.pendingCode = "code" in outcome ? { account, password, stay } : null;
		if ("ok" in outcome && outcome.ok) await this.begun(account, password, stay);
		if ("ok" in outcome && !outcome.ok) this.app.warn(outcome.text);
		this.app.warn(this.app.alert); // draws the page
		return outcome;
	}

	async verify(code: string): Promise<Outcome> {
		const { account = "", password = "", stay = false } = this.pendingCode ?? {};
		const outcome = this.registered((await this.app.session.ask("VERIFY", account, code)) ?? []);
		if ("ok" in outcome && outcome.ok) {
			this.pendingCode = null;
			await this.begun(account, password, stay);
		}
		return outcome;
	}

	// A new account stays in its conversations while nobody looks, where the server allows it: what is said is there tomorrow.
	private async begun(account: string, password: string, stay: boolean): Promise<void> {
		this.app.tellMarkers();
		await this.settled(account, password, stay);
		await this.service("SET", "ALWAYS-ON", "on");
	}

	private registered(items: Item[]): Outcome {
		const m = items.flatMap(messagesOf).find((x) => x.command === "REGISTER" || x.command === "VERIFY");
		if (m?.params[0] === "SUCCESS") {
			for (const item of items) this.take(item);
			return { ok: true, text: "" };
		}
		if (m?.params[0] === "VERIFICATION_REQUIRED") return { code: true, account: m.params[1] ?? "" };
		return { ok: false, text: failureIn(items) ?? "?" };
	}

	// An answer that tells of the log-in counts for the state too.
	private take(item: Item): void {
		for (const m of messagesOf(item)) if (m.command === "900") this.app.dispatch({ type: "self", account: m.params[2] ?? "" });
	}

	// Logged in by the account's password: from now on this browser has one of its own, which can be taken back.
	private async settled(account: string, password: string, stay: boolean): Promise<void> {
		this.app.session.use({ nick: this.app.session.nick, account, password });
		this.app.keep({ nick: this.app.session.nick, account });
		if (!stay) return;
		const name = `browser-${Math.random().toString(36).slice(2, 6)}`;
		const outcome = await this.service("APPPASS", "ADD", name);
		const secret = outcome.text.map((l) => SECRET.exec(l)?.[1]).find(Boolean);
		if (!secret) return;
		const { secret: old, pass } = this.app.kept;
		if (old) void this.service("APPPASS", "REVOKE", old);
		this.app.keep({ secret, pass: this.app.pass || pass });
		this.app.session.use({ nick: this.app.session.nick, account, password: secret, appPassword: true });
	}

	// Asks the server's account service; gives its lines.
	async service(...words: string[]): Promise<{ text: string[]; refused: boolean }> {
		const items = (await this.app.session.ask("NS", ...words)) ?? [];
		return { text: answerText(items), refused: failureIn(items) !== undefined };
	}

	async devices(): Promise<Device[]> {
		const { text } = await this.service("SESSIONS");
		return text.map((l) => /^(\d+): (.*)$/.exec(l)).filter((m) => m !== null)
			.map((m) => ({ number: m[1] ?? "", text: (m[2] ?? "").replace(/ \(this one\)$/, ""), own: / \(this one\)$/.test(m[2] ?? "") }));
	}

	// null: this session came in by an app password, and may neither see nor change them.
	async appPasswords(): Promise<AppPassword[] | null> {
		const { text } = await this.service("APPPASS", "LIST");
		if (!text.some((l) => / of \d+ app passwords/.test(l))) return null;
		return text.map((l) => /^([^:]+): (made .*)$/.exec(l)).filter((m) => m !== null).map((m) => ({ name: m[1] ?? "", text: m[2] ?? "" }));
	}

	// Shows the account's own password: from then on this session may change the account. "": it was right, else why not.
	unlock(account: string, password: string): Promise<string> {
		return this.app.session.authenticate(account, password);
	}

	// The new password, which is shown once; null: refused, with the reason.
	async addAppPassword(name: string): Promise<{ secret: string | null; text: string }> {
		const { text } = await this.service("APPPASS", "ADD", name);
		return { secret: text.map((l) => SECRET.exec(l)?.[1]).find(Boolean) ?? null, text: text.join(" ") };
	}
}
