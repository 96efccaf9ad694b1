package bridge

import "context"

// AddonCommands is what the addon's functions do; the rules are those of ModuleCommands.
type AddonCommands interface {
	// Activate brings the database up to date.
	Activate(ctx context.Context, call AddonCall) error
	// Deactivate stops using the database, and empties it of our tables if told so.
	Deactivate(ctx context.Context, call DeactivateCall) error
	// Upgrade brings the database up to date after the addon has changed its version.
	Upgrade(ctx context.Context, call UpgradeCall) error
	// Output is one page of the addon, or a part of one. Only staff may see it.
	Output(ctx context.Context, call OutputCall) (Output, error)
}

// Output is what is answered to a browser: HTML for the inside of WHMCS's page or, when Head is there, the whole answer.
type Output struct {
	HTML   string   `json:"html"`
	Status int      `json:"status,omitempty" doc:"HTTP status of the whole answer"`
	Head   []string `json:"head,omitempty" doc:"header lines of the whole answer; without them html stands inside of WHMCS's page"`
	Body   string   `json:"body,omitempty" doc:"of the whole answer"`
}

func (s *Server) activate(ctx context.Context, call AddonCall) (Nothing, error) {
	return Nothing{}, s.addon.Activate(ctx, call)
}

func (s *Server) deactivate(ctx context.Context, call DeactivateCall) (Nothing, error) {
	return Nothing{}, s.addon.Deactivate(ctx, call)
}

func (s *Server) upgrade(ctx context.Context, call UpgradeCall) (Nothing, error) {
	return Nothing{}, s.addon.Upgrade(ctx, call)
}

func (s *Server) output(ctx context.Context, call OutputCall) (Output, error) {
	if call.Caller.Kind != CallerAdmin || call.Caller.ID <= 0 {
		return Output{}, Refuse(CodeNotForClients, "These pages are for staff. Log in to WHMCS's admin area with a role that has access to this addon.")
	}
	return s.addon.Output(ctx, call)
}
