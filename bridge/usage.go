package bridge

import "context"

// Usage tells WHMCS how much traffic services had. Unknown traffic is left out, never 0.
type Usage interface {
	// UpdateUsage writes it into WHMCS's own columns, for the services of a server.
	UpdateUsage(ctx context.Context, serverID int64) error
	// Usage is what WHMCS bills in the present billing period, by tenant; tenant "" = all of the server.
	Usage(ctx context.Context, serverID int64, tenant string) (map[string]Metrics, error)
}

// Metrics is what one tenant used; the names on the wire are those of the metrics in WHMCS.
type Metrics struct {
	In  float64 `json:"Bandwidth Usage In" doc:"GB = 1024^3 bytes that the machine received"`
	Out float64 `json:"Bandwidth Usage Out" doc:"GB = 1024^3 bytes that the machine sent"`
}

// UsageArgs are the arguments of Usage.
type UsageArgs struct {
	Tenant string `json:"tenant" maxLength:"255" required:"false" doc:"domain of one service; empty = all of the server"`
}

// UsageCall asks for the usage of services.
type UsageCall = CallOf[UsageArgs]

type usageData struct {
	Usage map[string]Metrics `json:"usage" doc:"by tenant, which is the domain of the service; whose traffic is unknown is missing"`
}

func (s *Server) updateUsage(ctx context.Context, call ModuleCall) (Nothing, error) {
	if err := needServer(call.Server); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, s.usage.UpdateUsage(ctx, call.Server.ID)
}

func (s *Server) tellUsage(ctx context.Context, call UsageCall) (usageData, error) {
	if err := needServer(call.Server); err != nil {
		return usageData{}, err
	}
	usage, err := s.usage.Usage(ctx, call.Server.ID, call.Args.Tenant)
	return usageData{usage}, err
}

func needServer(server ServerEntry) error {
	if server.ID > 0 {
		return nil
	}
	return Refuse(CodeNoServer, "WHMCS named no server, so it is not known whose usage is meant. Assign a server to the product or the service.")
}
