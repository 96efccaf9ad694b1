package bridge

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// Paths that are not signed; they answer local callers only.
const (
	pathHealth  = "/healthz"
	pathReady   = "/readyz"
	pathMetrics = "/metrics"
)

// probes are for whoever watches the process.
func (s *Server) probes(e *echo.Echo) {
	e.GET(pathHealth, s.alive)
	e.GET(pathReady, s.readiness)
	e.GET(pathMetrics, echo.WrapHandler(s.metrics.page()))
}

// routes is the whole contract: every command is one line.
func (s *Server) routes(api huma.API) {
	command(s, api, "/v1/module/CreateAccount", "Order a virtual machine", s.createAccount)
	command(s, api, "/v1/module/SuspendAccount", "Suspend a service", s.suspendAccount)
	command(s, api, "/v1/module/UnsuspendAccount", "End a suspension", s.unsuspendAccount)
	command(s, api, "/v1/module/TerminateAccount", "Remove the machine of a service", s.terminateAccount)
	command(s, api, "/v1/module/ChangePackage", "Make the machine what its service says now", s.changePackage)
	command(s, api, "/v1/module/ChangePassword", "Set the password of the machine's user", s.changePassword)
	command(s, api, "/v1/module/Command", "A button of the service page for staff", s.command)
	command(s, api, "/v1/module/TestConnection", "Try the credentials of a server", s.testConnection)
	command(s, api, "/v1/module/ConfigOptions", "Notes under a product's settings", s.configOptions)
	command(s, api, "/v1/module/AdminServicesTabFields", "Rows of the service page for staff", s.adminServicesTabFields)
	command(s, api, "/v1/module/ClientArea", "Product page for the client", s.clientArea)
	command(s, api, "/v1/module/UsageUpdate", "Write traffic into WHMCS's columns", s.updateUsage)
	command(s, api, "/v1/module/Usage", "Traffic that WHMCS bills by use", s.tellUsage)

	command(s, api, "/v1/addon/Activate", "The addon was activated", s.activate)
	command(s, api, "/v1/addon/Deactivate", "The addon was deactivated", s.deactivate)
	command(s, api, "/v1/addon/Upgrade", "The addon has a new version", s.upgrade)
	command(s, api, "/v1/addon/Output", "A page of the addon", s.output)

	command(s, api, "/v1/outbox/deliver", "Deliver to WHMCS what is due", s.deliverOutbox)

	s.follow(api, "/v1/tasks/run", "Run periodic tasks, streamed line by line")

	s.handOut(api, "/v1/dns/list", "The list of names for scripts, streamed")
}

// strays name what is missing instead of a bare 404.
func strays(e *echo.Echo) {
	e.POST("/v1/module/:function", unknownFunction)
	e.POST("/v1/addon/:function", unknownFunction)
}
