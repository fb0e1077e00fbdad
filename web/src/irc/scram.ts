// SCRAM-SHA-256 (RFC 5802, RFC 7677): the password stays in the browser, and the server proves that it knows the account too.
import { fromBase64, toBase64 } from "./base64";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LEAST_ITERATIONS = 4096; // RFC 7677: a server that wants fewer is not believed
const MOST_ITERATIONS = 5_000_000; // seconds of work: more is an attack

async function hmac(key: BufferSource, text: BufferSource): Promise<Uint8Array<ArrayBuffer>> {
	const k = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
	return new Uint8Array(await crypto.subtle.sign("HMAC", k, text));
}

async function saltedPassword(password: string, salt: BufferSource, iterations: number): Promise<Uint8Array<ArrayBuffer>> {
	const key = await crypto.subtle.importKey("raw", encoder.encode(password.normalize("NFKC")), "PBKDF2", false, ["deriveBits"]);
	return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, 256));
}

function attributes(text: string): Map<string, string> {
	return new Map(text.split(",").map((part) => [part.slice(0, 1), part.slice(2)]));
}

export function scramAvailable(): boolean {
	return typeof crypto !== "undefined" && crypto.subtle !== undefined; // plain http has none, except on the own machine
}

export class Scram {
	private first: string;
	private expected = "";

	// `nonce`: printable characters that nobody can foresee.
	constructor(account: string, private password: string, private nonce: string = Scram.nonce()) {
		this.first = `n=${account.replace(/=/g, "=3D").replace(/,/g, "=2C")},r=${nonce}`;
	}

	static nonce(): string {
		return toBase64(crypto.getRandomValues(new Uint8Array(18)));
	}

	// The client's first message.
	start(): Uint8Array {
		return encoder.encode("n,," + this.first);
	}

	// The answer to the server's message; throws if the server is not to be believed.
	async answer(data: Uint8Array): Promise<Uint8Array> {
		const text = decoder.decode(data);
		if (this.expected) {
			if (attributes(text).get("v") !== this.expected) throw new Error("the server does not know this account");
			return new Uint8Array(0);
		}
		const server = attributes(text);
		const [nonce, salt, iterations] = [server.get("r") ?? "", server.get("s") ?? "", Number(server.get("i"))];
		if (!nonce.startsWith(this.nonce) || nonce === this.nonce || !(iterations >= LEAST_ITERATIONS && iterations <= MOST_ITERATIONS))
			throw new Error("the server's answer is not SCRAM-SHA-256");
		const salted = await saltedPassword(this.password, fromBase64(salt), iterations);
		const clientKey = await hmac(salted, encoder.encode("Client Key"));
		const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey));
		const final = `c=biws,r=${nonce}`;
		const auth = encoder.encode(`${this.first},${text},${final}`);
		const signature = await hmac(storedKey, auth);
		this.expected = toBase64(await hmac(await hmac(salted, encoder.encode("Server Key")), auth));
		return encoder.encode(`${final},p=${toBase64(clientKey.map((b, i) => b ^ (signature[i] ?? 0)))}`);
	}
}
