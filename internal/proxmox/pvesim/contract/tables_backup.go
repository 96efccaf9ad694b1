package contract

// backupRoutes are the calls for vzdump.
func backupRoutes() []route {
	return []route{
		post("/nodes/{node}/vzdump", everyone(), params{
			str("node").of("pve-node"),
			flag("all"),
			whole("bwlimit").min(0),
			str("compress").oneOf("0", "1", "gzip", "lzo", "zstd"),
			str("dumpdir"),
			str("exclude").of("pve-vmid-list"),
			str("exclude-path").of("string-alist").til(V74),
			list("exclude-path").from(V84),
			str("fleecing").of("backup-fleecing").from(V84),
			whole("ionice").between(0, 8),
			str("job-id").like(`\S+`).chars(50).from(V84),
			whole("lockwait").min(0),
			str("mailnotification").oneOf("always", "failure"),
			str("mailto").of("email-or-username-list"),
			whole("maxfiles").min(1).til(V84),
			str("mode").oneOf("snapshot", "suspend", "stop"),
			str("notes-template").chars(1024).needs("storage"),
			str("notification-mode").oneOf("auto", "legacy-sendmail", "notification-system").from(V84),
			str("notification-policy").oneOf("always", "failure", "never").from(V84).til(V84),
			str("notification-target").of("pve-configid").from(V84).til(V84),
			str("pbs-change-detection-mode").oneOf("legacy", "data", "metadata").from(V84),
			str("performance").of("backup-performance"),
			whole("pigz"), str("pool"),
			flag("protected").needs("storage"),
			str("prune-backups").of("prune-backups"),
			flag("quiet"), flag("remove"), str("script"), flag("stdexcludes"), flag("stdout"), flag("stop"),
			whole("stopwait").min(0),
			str("storage").of("pve-storage-id"),
			str("tmpdir"),
			str("vmid").of("pve-vmid-list"),
			whole("zstd"),
		}).onNode(),
		get("/nodes/{node}/vzdump/defaults", everyone(), atNode(), params{str("storage").of("pve-storage-id")}).onNode(),
		get("/nodes/{node}/vzdump/extractconfig", everyone(), atNode(), params{str("volume").must()}).onNode().private(),
	}
}
