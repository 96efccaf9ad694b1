package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/client"
	"github.com/kvmbridge/kvmbridge/internal/app/views"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// moduleCommands answers what WHMCS asks of the server module.
type moduleCommands struct {
	desk  *desk.Desk
	fleet *fleet
	views *views.Views
	// copies says how a service's backups stand.
	copies interface {
		Field(ctx context.Context, serviceID int64) (string, error)
	}
	area  *client.Area
	pages *web.Pages
	log   *slog.Logger
}

var _ bridge.ModuleCommands = (*moduleCommands)(nil)

// CreateAccount implements bridge.ModuleCommands.
func (c *moduleCommands) CreateAccount(ctx context.Context, call bridge.ModuleCall) error {
	c.remember(ctx, call.Server)
	return refuse("create_refused", c.desk.Create(ctx, call.Service.ID, string(call.Service.Password)))
}

// SuspendAccount implements bridge.ModuleCommands.
func (c *moduleCommands) SuspendAccount(ctx context.Context, call bridge.ModuleCall) error {
	c.remember(ctx, call.Server)
	return refuse("suspend_refused", c.desk.Suspend(ctx, call.Service.ID))
}

// UnsuspendAccount implements bridge.ModuleCommands.
func (c *moduleCommands) UnsuspendAccount(ctx context.Context, call bridge.ModuleCall) error {
	c.remember(ctx, call.Server)
	return refuse("unsuspend_refused", c.desk.Unsuspend(ctx, call.Service.ID))
}

// TerminateAccount implements bridge.ModuleCommands.
func (c *moduleCommands) TerminateAccount(ctx context.Context, call bridge.ModuleCall) error {
	c.remember(ctx, call.Server)
	return refuse("terminate_refused", c.desk.Terminate(ctx, call.Service.ID))
}

// ChangePackage implements bridge.ModuleCommands.
func (c *moduleCommands) ChangePackage(ctx context.Context, call bridge.ModuleCall) error {
	c.remember(ctx, call.Server)
	return refuse("change_refused", c.desk.ChangePackage(ctx, call.Service.ID))
}

// ChangePassword implements bridge.ModuleCommands. The form stands in the client area too, so the owner is looked at.
func (c *moduleCommands) ChangePassword(ctx context.Context, call bridge.ModuleCall) error {
	if _, err := c.area.Owned(ctx, call.Caller, call.Service.ID); err != nil {
		return err
	}
	c.remember(ctx, call.Server)
	return refuse("password_refused", c.desk.ChangePassword(ctx, call.Service.ID, string(call.Service.Password)))
}

// remember keeps the server's password that WHMCS decrypted for this call. Without it the fleet asks WHMCS by itself, so
// a failure here is only logged.
func (c *moduleCommands) remember(ctx context.Context, s bridge.ServerEntry) {
	if s.ID == 0 || s.Password == "" {
		return
	}
	if err := c.fleet.remember(ctx, s.ID, string(s.Password)); err != nil {
		c.log.WarnContext(ctx, "keep a server's credentials", slog.Int64("server_id", s.ID), slog.Any("err", err))
	}
}

// refuse turns a sentence meant for the person into a refusal; other errors stay internal.
func refuse(code string, err error) error {
	if s, ok := errors.AsType[desk.Sentence](err); ok {
		return bridge.Refuse(code, "%s", sentence(string(s)))
	}
	return err
}

// TestConnection implements bridge.ModuleCommands. It uses the form's values, which may not be saved yet.
func (c *moduleCommands) TestConnection(ctx context.Context, call bridge.ModuleCall) error {
	if host := firstOf(call.Server.Hostname, call.Server.IP); strings.ContainsAny(host, "/ \t@?#") {
		return bridge.Refuse("server_settings", "The hostname %q is not a host name: enter only the name or the IP address, such as pve1.example.com; the port has a field of its own.", host)
	}
	faults, err := c.fleet.try(ctx, endpoint{
		ID: call.Server.ID, Name: call.Server.Hostname, Host: firstOf(call.Server.Hostname, call.Server.IP), Port: call.Server.Port,
		Username: call.Server.Username, Password: string(call.Server.Password), Trust: string(call.Server.AccessHash),
	})
	if err != nil {
		return bridge.Refuse("server_settings", "%s", sentence(err.Error()))
	}
	if len(faults) > 0 {
		for i := range faults {
			faults[i] = sentence(faults[i])
		}
		return bridge.Refuse("server_problems", "%s", strings.Join(faults, " "))
	}
	return nil
}

// sentence makes an error's text fit for a page: one full stop, and a capital letter unless it begins with a name such as vm.cpu.
func sentence(text string) string {
	text = strings.TrimRight(strings.TrimSpace(text), ".")
	if text == "" {
		return ""
	}
	if !strings.ContainsAny(text[len(text)-1:], "!?") {
		text += "."
	}
	if first, _, _ := strings.Cut(text, " "); strings.ContainsFunc(first, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

// ConfigOptions implements bridge.ModuleCommands.
func (c *moduleCommands) ConfigOptions(ctx context.Context, call bridge.ConfigOptionsCall) (string, error) {
	settings, err := c.views.ProductSettings(ctx, call.Args.ProductID)
	if err != nil {
		return "", err
	}
	notes := web.Notes{Saved: strings.TrimSpace(settings) != "", Faults: spec.CheckSettings(settings)}
	for _, k := range spec.Keys() {
		notes.Keys = append(notes.Keys, web.Setting{Path: k.Path, Kind: string(k.Kind), Default: k.Default, Help: k.Help})
	}
	return c.pages.Notes(notes)
}

// AdminServicesTabFields implements bridge.ModuleCommands.
func (c *moduleCommands) AdminServicesTabFields(ctx context.Context, call bridge.ModuleCall) (bridge.TabFields, error) {
	v, err := c.views.VM(ctx, call.Service.ID)
	if err != nil {
		return nil, err
	}
	var fields bridge.TabFields
	for _, f := range []struct {
		label  string
		render func(*web.VM) (string, error)
	}{{"VM status", c.pages.StatusField}, {"VM id", c.pages.IDField}, {"IP addresses", c.pages.AddressField}, {"VM log", c.pages.LogField}} {
		html, err := f.render(&v)
		if err != nil {
			return nil, err
		}
		fields = append(fields, bridge.TabField{Label: f.label, HTML: html})
	}
	html, err := c.copies.Field(ctx, call.Service.ID)
	if html != "" {
		fields = append(fields, bridge.TabField{Label: "Backups", HTML: html})
	}
	return fields, err
}

// ClientArea implements bridge.ModuleCommands.
func (c *moduleCommands) ClientArea(ctx context.Context, call bridge.ClientAreaCall) (bridge.Output, error) {
	return c.area.Answer(ctx, call)
}
