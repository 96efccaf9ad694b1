package bridge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/labstack/echo/v4"
)

// ContractVersion is the version of the /v1 contract.
const ContractVersion = "1.0.0"

//nolint:gochecknoglobals // huma keeps its error constructor and its casing rule in globals; this sets them once
var quietHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.NewError = newContractError
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return newContractError(status, msg, errs...)
	}
})

// newAPI lays the contract over e: no documentation routes, no $schema links, no rejected values in answers.
func newAPI(e *echo.Echo) huma.API {
	quietHuma()
	cfg := huma.DefaultConfig("kvmbridge", ContractVersion)
	cfg.DocsPath, cfg.OpenAPIPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.Info.Description = "What WHMCS's PHP modules ask of the kvmbridge service. Every request is signed."
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"signature": {
		Type: "apiKey", In: "header", Name: HeaderSignature,
		Description: "Hexadecimal HMAC-SHA256 over method, path with query, " + HeaderTime + ", " + HeaderNonce + " and the hexadecimal SHA-256 " +
			"of the body, joined by line feeds; " + HeaderKey + " names the secret.",
	}}
	cfg.Security = []map[string][]string{{"signature": {}}}
	return humaecho.New(e, cfg)
}

// newContractError puts a fault of the request into words. It never repeats a rejected value: it may be a password.
func newContractError(status int, _ string, errs ...error) huma.StatusError {
	switch status {
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return newRefused(http.StatusBadRequest, CodeBadJSON, "The body is not one JSON document of type application/json.")
	case http.StatusUnprocessableEntity:
		return fieldFault(errs)
	case http.StatusRequestEntityTooLarge:
		return newRefused(status, CodeTooLarge, tooLargeSentence())
	default:
		return newRefused(http.StatusInternalServerError, CodeInternal, "kvmbridge could not answer because of a fault of its own. See its log.")
	}
}

// fieldFault names the first field that the contract does not know, else the first that is not as it says.
func fieldFault(errs []error) *refused {
	details := detailsOf(errs)
	for _, d := range details {
		if d.Message == validation.MsgUnexpectedProperty {
			return newRefused(http.StatusUnprocessableEntity, CodeUnknownField, fmt.Sprintf("The field %.100q is not known here. "+
				"The modules in WHMCS and the kvmbridge service must be of the same version.", fieldName(d.Location)))
		}
	}
	for _, d := range details {
		if strings.HasPrefix(d.Message, "expected ") { // huma's own sentences; a decoder's would repeat the value
			return newRefused(http.StatusUnprocessableEntity, CodeBadField,
				fmt.Sprintf("The field %.100q is not as it should be: %s.", fieldName(d.Location), d.Message))
		}
	}
	return newRefused(http.StatusUnprocessableEntity, CodeBadField, "A field of the body is not as it should be.")
}

func detailsOf(errs []error) []*huma.ErrorDetail {
	var details []*huma.ErrorDetail
	for _, err := range errs {
		var d huma.ErrorDetailer
		if errors.As(err, &d) {
			details = append(details, d.ErrorDetail())
		}
	}
	return details
}

// fieldName turns huma's "body.service.id" into "service.id".
func fieldName(location string) string {
	return strings.TrimPrefix(location, "body.")
}

// OpenAPI is the contract as an OpenAPI 3.1 document.
func OpenAPI() []byte {
	s := New(Config{Log: slog.New(slog.DiscardHandler)})
	var out bytes.Buffer
	raw, err := s.api.OpenAPI().MarshalJSON()
	if err == nil {
		err = json.Indent(&out, raw, "", "  ")
	}
	if err != nil { // the contract is made of our own types: golden-tested
		return []byte(`{"error":` + strconv.Quote(err.Error()) + `}`)
	}
	return append(out.Bytes(), '\n')
}
