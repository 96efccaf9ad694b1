package contract

// backupRoutes are the calls for vzdump.
func backupRoutes() []route {
	return []route{
		post("/nodes/{node}/vzdump", everyone(), params{
			str("node").Of("pve-node"),
			flag("all"),
			whole("bwlimit").Min(0),
			str("compress").OneOf("0", "1", "gzip", "lzo", "zstd"),
			str("dumpdir"),
			str("exclude").Of("pve-vmid-list"),
			str("exclude-path").Of("string-alist").Til(V74),
			list("exclude-path").From(V84),
			str("fleecing").Of("backup-fleecing").From(V84),
			whole("ionice").Between(0, 8),
			str("job-id").Like(`\S+`).Chars(50).From(V84),
			whole("lockwait").Min(0),
			str("mailnotification").OneOf("always", "failure"),
			str("mailto").Of("email-or-username-list"),
			whole("maxfiles").Min(1).Til(V84),
			str("mode").OneOf("snapshot", "suspend", "stop"),
			str("notes-template").Chars(1024).Needs("storage"),
			str("notification-mode").OneOf("auto", "legacy-sendmail", "notification-system").From(V84),
			str("notification-policy").OneOf("always", "failure", "never").From(V84).Til(V84),
			str("notification-target").Of("pve-configid").From(V84).Til(V84),
			str("pbs-change-detection-mode").OneOf("legacy", "data", "metadata").From(V84),
			str("performance").Of("backup-performance"),
			whole("pigz"), str("pool"),
			flag("protected").Needs("storage"),
			str("prune-backups").Of("prune-backups"),
			flag("quiet"), flag("remove"), str("script"), flag("stdexcludes"), flag("stdout"), flag("stop"),
			whole("stopwait").Min(0),
			str("storage").Of("pve-storage-id"),
			str("tmpdir"),
			str("vmid").Of("pve-vmid-list"),
			whole("zstd"),
		}).onNode(),
		get("/nodes/{node}/vzdump/defaults", everyone(), atNode(), params{str("storage").Of("pve-storage-id")}).onNode(),
		get("/nodes/{node}/vzdump/extractconfig", everyone(), atNode(), params{str("volume").Must()}).onNode().private(),
	}
}
