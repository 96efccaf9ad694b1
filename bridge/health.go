package bridge

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// alive says that the process answers at all.
func (*Server) alive(c echo.Context) error {
	return c.JSON(http.StatusOK, reply[Nothing]{Result: ResultSuccess, Code: CodeOK})
}

// readiness says whether commands can be served now: the database answers and its schema is current.
func (s *Server) readiness(c echo.Context) error {
	if err := s.ready(c.Request().Context()); err != nil {
		s.log.WarnContext(c.Request().Context(), "not ready", "err", err)
		return c.JSON(http.StatusServiceUnavailable, reply[Nothing]{Result: ResultError, Code: "not_ready", Message: err.Error()})
	}
	return c.JSON(http.StatusOK, reply[Nothing]{Result: ResultSuccess, Code: CodeOK})
}
