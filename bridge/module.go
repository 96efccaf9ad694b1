package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// ModuleCommands is what the server module's functions do. Every method may be called twice with the same call and must
// then do nothing the second time. An error that a person may read is a *Refusal; any other is logged and answered
// neutrally. Implementations are safe for concurrent use and return when the context ends.
type ModuleCommands interface {
	// CreateAccount accepts the order; the machine is built afterwards.
	CreateAccount(ctx context.Context, call ModuleCall) error
	// SuspendAccount accepts the wish to be suspended.
	SuspendAccount(ctx context.Context, call ModuleCall) error
	// UnsuspendAccount accepts the wish to be no longer suspended.
	UnsuspendAccount(ctx context.Context, call ModuleCall) error
	// TerminateAccount accepts the end of the machine; everything of it is removed afterwards.
	TerminateAccount(ctx context.Context, call ModuleCall) error
	// ChangePackage accepts that the machine becomes what product and options of the service say now.
	ChangePackage(ctx context.Context, call ModuleCall) error
	// ChangePassword accepts call.Service.Password, which already is the new one; the client may read the error.
	ChangePassword(ctx context.Context, call ModuleCall) error
	// Command accepts a button of the service page; call.Args.Name is one of CommandNames. Only staff may press it.
	Command(ctx context.Context, call CommandCall) error
	// TestConnection looks whether call.Server answers and may do what is needed.
	TestConnection(ctx context.Context, call ModuleCall) error
	// ConfigOptions is HTML that stands under the settings of a product.
	ConfigOptions(ctx context.Context, call ConfigOptionsCall) (html string, err error)
	// AdminServicesTabFields are the rows of the service page for staff.
	AdminServicesTabFields(ctx context.Context, call ModuleCall) (TabFields, error)
	// ClientArea is the product page for the client, or one of our own pages there, or the way to go on after a form.
	ClientArea(ctx context.Context, call ClientAreaCall) (Output, error)
}

// TabField is one row: label and HTML.
type TabField struct{ Label, HTML string }

// TabFields is an object on the wire that keeps the order of its rows; WHMCS shows them in that order.
type TabFields []TabField

// MarshalJSON writes an object. A label that comes twice would be lost in WHMCS and is an error.
func (f TabFields) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	seen := make(map[string]bool, len(f))
	for n, field := range f {
		if seen[field.Label] {
			return nil, fmt.Errorf("encode tab fields: label %q comes twice", field.Label)
		}
		seen[field.Label] = true
		label, _ := json.Marshal(field.Label) // strings always encode
		html, _ := json.Marshal(field.HTML)
		out.WriteString(map[bool]string{true: "{", false: ","}[n == 0])
		out.Write(append(append(label, ':'), html...))
	}
	if len(f) == 0 {
		out.WriteByte('{')
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// Schema tells the contract that it is an object of texts.
func (TabFields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}, Description: "label to HTML, in the order of display"}
}

var _ huma.SchemaProvider = TabFields{}

// Data of answers.
type (
	descriptionData struct {
		Description string `json:"description" doc:"HTML"`
	}
	fieldsData struct {
		Fields TabFields `json:"fields"`
	}
)

func (s *Server) createAccount(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.CreateAccount)
}

func (s *Server) suspendAccount(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.SuspendAccount)
}

func (s *Server) unsuspendAccount(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.UnsuspendAccount)
}

func (s *Server) terminateAccount(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.TerminateAccount)
}

func (s *Server) changePackage(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.ChangePackage)
}

func (s *Server) changePassword(ctx context.Context, call ModuleCall) (Nothing, error) {
	return aboutService(ctx, call, s.module.ChangePassword)
}

func (s *Server) testConnection(ctx context.Context, call ModuleCall) (Nothing, error) {
	return Nothing{}, s.module.TestConnection(ctx, call)
}

func (s *Server) configOptions(ctx context.Context, call ConfigOptionsCall) (descriptionData, error) {
	html, err := s.module.ConfigOptions(ctx, call)
	return descriptionData{html}, err
}

func (s *Server) adminServicesTabFields(ctx context.Context, call ModuleCall) (fieldsData, error) {
	if err := needService(call.Service); err != nil {
		return fieldsData{}, err
	}
	fields, err := s.module.AdminServicesTabFields(ctx, call)
	return fieldsData{fields}, err
}

func (s *Server) clientArea(ctx context.Context, call ClientAreaCall) (Output, error) {
	if err := needService(call.Service); err != nil {
		return Output{}, err
	}
	return s.module.ClientArea(ctx, call)
}

func aboutService[A any](ctx context.Context, call CallOf[A], do func(context.Context, CallOf[A]) error) (Nothing, error) {
	if err := needService(call.Service); err != nil {
		return Nothing{}, err
	}
	return Nothing{}, do(ctx, call)
}

func needService(service Service) error {
	if service.ID > 0 {
		return nil
	}
	return Refuse(CodeNoService, "WHMCS named no service, so there is nothing to do. Run the command from a service's page.")
}
