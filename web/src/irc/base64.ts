// Base64 of bytes, as SASL wants it.

export function toBase64(data: Uint8Array): string {
	let s = "";
	for (const b of data) s += String.fromCharCode(b);
	return btoa(s);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	const s = atob(text);
	const out = new Uint8Array(s.length);
	for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
	return out;
}

// The lines of AUTHENTICATE: pieces of 400 characters, the last one shorter ("+" if it is empty).
export function chunks(data: Uint8Array): string[] {
	const text = toBase64(data);
	const out: string[] = text.match(/.{1,400}/g) ?? [];
	if (text.length % 400 === 0) out.push("+");
	return out;
}
