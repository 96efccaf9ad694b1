package bridge

import "log/slog"

// Kinds of a Caller.
const (
	CallerAdmin  = "admin"
	CallerClient = "client"
	CallerSystem = "system"
)

// Caller is who WHMCS says is asking. WHMCS has checked session, role and ownership; the signature vouches for it.
type Caller struct {
	Kind string `json:"kind" enum:"admin,client,system" doc:"on whose behalf"`
	ID   int64  `json:"id" minimum:"0" required:"false" doc:"id in WHMCS; 0 for the system"`
}

// Service is the service the call is about, as WHMCS hands it over; ID 0 when it is about none.
type Service struct {
	ID        int64  `json:"id" minimum:"0" doc:"tblhosting.id, 0 = none"`
	ClientID  int64  `json:"client_id" minimum:"0" required:"false"`
	ProductID int64  `json:"product_id" minimum:"0" required:"false"`
	ServerID  int64  `json:"server_id" minimum:"0" required:"false" doc:"tblservers.id, 0 = none assigned"`
	Status    string `json:"status" required:"false" doc:"WHMCS's word, such as Active"`
	Domain    string `json:"domain" required:"false"`
	Username  string `json:"username" required:"false"`
	Password  Secret `json:"password" required:"false" doc:"in plain text"`
}

// ServerEntry is a row of tblservers as WHMCS hands it over, for TestConnection as it stands in the form, with plain secrets.
type ServerEntry struct {
	ID         int64  `json:"id" minimum:"0" required:"false" doc:"0 before the first save"`
	Hostname   string `json:"hostname" required:"false"`
	IP         string `json:"ip" required:"false"`
	Username   string `json:"username" required:"false" doc:"user@realm, or user@realm!token for an API token"`
	Password   Secret `json:"password" required:"false"`
	AccessHash Secret `json:"access_hash" required:"false"`
	Secure     bool   `json:"secure" required:"false"`
	Port       int    `json:"port" minimum:"0" maximum:"65535" required:"false"`
}

// Head is the part that every command has.
type Head struct {
	IdempotencyKey string `json:"idempotency_key" minLength:"1" maxLength:"128" doc:"names one attempt; a repeated command is told by what it finds"`
	Caller         Caller `json:"caller"`
	WHMCSVersion   string `json:"whmcs_version" required:"false"`
}

// LogValue keeps the caller and nothing else.
func (h Head) LogValue() slog.Value {
	return slog.GroupValue(slog.String("caller", h.Caller.Kind), slog.Int64("caller_id", h.Caller.ID))
}

// CallOf is a call of a module function with arguments A.
type CallOf[A any] struct {
	Head
	Service Service     `json:"service"`
	Server  ServerEntry `json:"server" required:"false"`
	Args    A           `json:"args" required:"false"`
}

// LogValue keeps ids; a call holds passwords.
func (c CallOf[A]) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("service_id", c.Service.ID), slog.Int64("server_id", c.Server.ID),
		slog.String("caller", c.Caller.Kind), slog.Int64("caller_id", c.Caller.ID))
}

// AddonOf is a call of an addon function with arguments A.
type AddonOf[A any] struct {
	Head
	Args A `json:"args" required:"false"`
}

// Calls by their arguments.
type (
	// ModuleCall is a call of a module function without arguments.
	ModuleCall = CallOf[Nothing]
	// ConfigOptionsCall asks for the notes under a product's settings.
	ConfigOptionsCall = CallOf[ConfigOptionsArgs]
	// ClientAreaCall asks for the client's product page, or for one of our own pages there.
	ClientAreaCall = CallOf[OutputArgs]
	// CommandCall is a button of the service page for staff.
	CommandCall = CallOf[CommandArgs]
	// AddonCall is a call of an addon function without arguments, and of the outbox.
	AddonCall = AddonOf[Nothing]
	// DeactivateCall is the addon being switched off.
	DeactivateCall = AddonOf[DeactivateArgs]
	// UpgradeCall is the addon running for the first time in a new version.
	UpgradeCall = AddonOf[UpgradeArgs]
	// OutputCall asks for a page of the addon.
	OutputCall = AddonOf[OutputArgs]
	// NameListCall asks for the list of names on behalf of somebody who has asked PHP.
	NameListCall = AddonOf[NameListArgs]
)

// ConfigOptionsArgs are the arguments of ConfigOptions.
type ConfigOptionsArgs struct {
	ProductID int64 `json:"product_id" minimum:"1" doc:"tblproducts.id"`
}

// DeactivateArgs are the arguments of Deactivate.
type DeactivateArgs struct {
	DropTables bool `json:"drop_tables" doc:"whether the addon's setting says that all data go too"`
}

// UpgradeArgs are the arguments of Upgrade.
type UpgradeArgs struct {
	From string `json:"from" doc:"version that was active before"`
}

// OutputArgs are the arguments of Output and of ClientArea: the request as the browser sent it to WHMCS. PHP has compared the token of a form.
type OutputArgs struct {
	Link    string            `json:"link" doc:"address of the page, relative to the directory of the request"`
	Query   string            `json:"query" doc:"query of the request, percent-encoded; its page, for clients its kb, says which one"`
	Token   string            `json:"token" doc:"what forms of the page must send back as kb_token"`
	Post    bool              `json:"post" doc:"whether the request may change something"`
	Form    string            `json:"form" doc:"what was posted, form-encoded, without token and secrets"`
	Secrets map[string]Secret `json:"secrets" doc:"posted fields that must not appear in logs"`
}
