<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/**
 * Why a call to the kvmbridge service brought nothing. The message is a full sentence for staff and holds no secrets.
 */
final class Fault extends \RuntimeException
{
    /** @var bool whether the service itself said no; everything else means that it could not be asked properly */
    public $refused = false;

    public static function refused(string $message): self
    {
        $fault = new self($message !== '' ? $message : 'The kvmbridge service refused the request without giving a reason.');
        $fault->refused = true;
        return $fault;
    }

    public static function notPaired(): self
    {
        return new self('The addon "Proxmox KVM (kvmbridge)" holds no shared secret. Activate it under System Settings > '
            . 'Addon Modules (activating it again creates the secret), then start the kvmbridge service.');
    }

    public static function badUrl(string $url): self
    {
        return new self("The kvmbridge address \"$url\" is not usable. Enter http://host:port, https://host:port or "
            . 'unix:///path/to/socket in the settings of the addon "Proxmox KVM (kvmbridge)".');
    }

    public static function unreachable(string $url, string $reason): self
    {
        return new self("The kvmbridge service cannot be reached at $url ($reason). Start it with \"kvmbridge serve\" or correct "
            . 'its address in the settings of the addon "Proxmox KVM (kvmbridge)", then try again. Nothing was changed.');
    }

    public static function noAnswer(string $url, string $reason): self
    {
        return new self("The kvmbridge service at $url took the request but gave no answer ($reason). It may still carry it out: "
            . 'look at the status of the service before trying again, which is safe.');
    }

    public static function badAnswer(string $url, int $status, string $reason): self
    {
        return new self("The address $url answered with HTTP $status and not as the kvmbridge service does ($reason). Check that "
            . 'the address in the settings of the addon "Proxmox KVM (kvmbridge)" belongs to kvmbridge, and look into its log.');
    }
}
