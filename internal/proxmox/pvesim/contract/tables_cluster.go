package contract

// clusterRoutes are the calls for the view over all nodes.
func clusterRoutes() []route {
	return []route{
		get("/cluster/nextid", everyone(), optionalVMID()),
		get("/cluster/options", everyone()),
		get("/cluster/resources", everyone(), params{str("type").OneOf("vm", "storage", "node", "sdn")}),
		get("/cluster/status", on("/", "Sys.Audit")).private(),
		get("/cluster/tasks", everyone()),
	}
}
