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
	// Output is the HTML of one page of the addon.
	Output(ctx context.Context, call OutputCall) (html string, err error)
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

func (s *Server) output(ctx context.Context, call OutputCall) (htmlData, error) {
	html, err := s.addon.Output(ctx, call)
	return htmlData{html}, err
}
