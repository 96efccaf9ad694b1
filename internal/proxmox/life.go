package proxmox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// overrule makes a stop end the shutdown that holds the guest's lock; 8 and later have it (pve-behaviour §22, §24.4).
const overrule = "overrule-shutdown"

// Stop implements vm.Guests. Without overruling, a guest that does not react to its shutdown would keep every stop waiting
// for the lock until the shutdown's time is over. A refusal of just that wish (7.4, guests under high availability) has
// changed nothing, so the plain call follows it.
func (c *Cluster) Stop(ctx context.Context, node string, vmid int) (string, error) {
	if v := c.version.Load(); v == nil || major(v.Version) >= 8 {
		upid, err := c.power(ctx, node, vmid, "stop", params{overrule: 1})
		if !refusesField(err, overrule) {
			return upid, err
		}
	}
	return c.power(ctx, node, vmid, "stop", nil)
}

// refusesField says whether a call was turned down for that parameter, before anything was done.
func refusesField(err error, name string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == http.StatusBadRequest && e.Fields[name] != ""
}

// Shutdown implements vm.Guests; the time is rounded up to whole seconds, at least one. A guest that is off already is a task
// that ends well, a paused one is refused. It never ends in a forced stop: that is for the caller to decide.
func (c *Cluster) Shutdown(ctx context.Context, node string, vmid int, timeout time.Duration) (string, error) {
	seconds := max(1, int(math.Ceil(timeout.Seconds())))
	return c.power(ctx, node, vmid, "shutdown", params{"timeout": seconds})
}

// Delete implements vm.Guests. A running or protected guest is refused at once. The task ends well even when a disk could not
// be removed; only a listing of the storages shows that (pve-behaviour §11).
func (c *Cluster) Delete(ctx context.Context, node string, vmid int) (string, error) {
	upid, err := c.removal(ctx, guest(node, vmid)+"?purge=1")
	if err != nil {
		return "", fmt.Errorf("delete VM %d: %w", vmid, err)
	}
	return upid, nil
}

// removal deletes in a task; an answer without a task id leaves the outcome unknown.
func (c *Cluster) removal(ctx context.Context, path string) (string, error) {
	var upid string
	if err := c.delete(ctx, path, &upid); err != nil {
		return "", err
	}
	return upid, isTask(http.MethodDelete, path, upid)
}

// SetPassword implements vm.Guests. The agent answers some time after a start only. Proxmox takes 5 to 1024 characters.
func (c *Cluster) SetPassword(ctx context.Context, node string, vmid int, user, password string) error {
	err := c.post(ctx, guest(node, vmid, "agent", "set-user-password"), params{"username": user, "password": password}, nil)
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.hide(password)
	}
	if err != nil {
		return fmt.Errorf("set the password of %s in VM %d: %w", user, vmid, err)
	}
	return nil
}
