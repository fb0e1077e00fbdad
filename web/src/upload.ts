// Files: handed to the server's own store, which answers with an address that goes into the message. Only who has an account may.
import type { App } from "./app";
import { messagesOf } from "./irc/batch";
import { failureIn } from "./state/interpret";

export function canUpload(app: App): boolean {
	return app.session.isupport.filehost !== "" && app.session.account !== "" && app.session.status === "online";
}

// The address of the file, or the reason why there is none.
export async function upload(app: App, file: File): Promise<{ address: string } | { problem: string }> {
	const items = (await app.session.ask("TOKEN", "GENERATE", "FILEHOST")) ?? [];
	const token = items.flatMap(messagesOf).find((m) => m.command === "TOKEN")?.params[2];
	if (!token) return { problem: failureIn(items) ?? "?" };
	// The server may be known under several addresses: the page asks the one it came from.
	const path = new URL(app.session.isupport.filehost, location.href).pathname;
	try {
		const answer = await fetch(path, { method: "POST", body: file, headers: { Authorization: `Bearer ${token}`,
			"Content-Type": file.type || "application/octet-stream", "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}` } });
		const address = answer.headers.get("Location");
		return answer.status === 201 && address ? { address: new URL(address, location.href).href } : { problem: (await answer.text()).trim() || String(answer.status) };
	} catch {
		return { problem: "?" };
	}
}
