<?php

declare(strict_types=1);

namespace WHMCS\Authentication;

use Devhost\Session;

/** Who is logged in. An admin and a client can be logged in at the same time. */
final class CurrentUser
{
    public function isAuthenticatedUser(): bool
    {
        return $this->user() !== null;
    }

    public function isAuthenticatedAdmin(): bool
    {
        return $this->admin() !== null;
    }

    public function isMasqueradingAdmin(): bool
    {
        return $this->isAuthenticatedAdmin() && $this->isAuthenticatedUser();
    }

    public function user(): ?object
    {
        return Session::user();
    }

    public function admin(): ?object
    {
        return Session::admin();
    }

    public function client(): ?object
    {
        return Session::client();
    }
}
