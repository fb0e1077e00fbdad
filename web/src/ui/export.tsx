// Saves a conversation as a file. It takes as long as its history is; closing the dialog cancels it.
import { useEffect, useState } from "preact/hooks";
import type { App } from "../app";
import { exported, type Exported } from "../export";
import { t } from "../lang";
import type { Conversation } from "../state/model";
import { Dialog } from "./dialog";

function save(name: string, text: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
	link.download = `${name.replace(/[^\w-]/g, "_")}.txt`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href));
}

export function ExportDialog({ app, c, onClose }: { app: App; c: Conversation; onClose: () => void }) {
	const [count, setCount] = useState(0);
	const [done, setDone] = useState<Exported | null>(null);
	useEffect(() => {
		let open = true;
		const progress = (n: number) => {
			if (open) setCount(n);
			return open;
		};
		void exported(app, c, progress).then((file) => {
			if (!file || !open) return;
			save(c.name, file.text);
			setDone(file);
		});
		return () => void (open = false);
	}, []);
	return <Dialog title={t("export")} onClose={onClose}>
		<p role="status">{!done ? t("exporting", { n: count }) : t(done.whole ? "exportedAll" : "exportedSome", { n: done.count })}</p>
		{!done && <progress aria-label={t("export")} />}
		<button onClick={onClose}>{t(done ? "close" : "cancel")}</button>
	</Dialog>;
}
