<?php

declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Why something was not done, in either direction. The message says what to do next and holds no secrets. */
final class Fault extends \RuntimeException
{
    private const WHERE = 'in the settings of the addon "Proxmox KVM (kvmbridge)"';
    /** Reason => HTTP status (of callback.php) and sentence. */
    private const ALL = [
        'not_paired' => [503, 'The addon "Proxmox KVM (kvmbridge)" holds no shared secret. Activate it under Addon Modules in WHMCS, then start kvmbridge.'],
        'bad_url' => [500, 'The kvmbridge address "%s" is not usable. Enter http://host:port, https://host:port or unix:///path ' . self::WHERE . '.'],
        'unreachable' => [502, 'The kvmbridge service cannot be reached at %s (%s). Start it with "kvmbridge serve" or correct its '
            . 'address ' . self::WHERE . ', then try again. Nothing was changed.'],
        'no_answer' => [502, 'The kvmbridge service at %s took the request but gave no answer (%s). It may still carry it out: look at '
            . 'the status of the machine first. Trying again is safe.'],
        'bad_answer' => [502, 'The address %s answered with HTTP %s, but not as the kvmbridge service does. Check it ' . self::WHERE . '.'],
        'refused' => [422, '%s'],
        'bad_method' => [405, 'Only POST is answered here.'],
        'too_large' => [413, 'The request is larger than 1 MiB.'],
        'unknown_key' => [401, 'The key id is not known here. Compare the secret of the service with the one ' . self::WHERE . '.'],
        'bad_signature' => [401, 'The signature does not fit. Compare the secret of the service with the one ' . self::WHERE . '.'],
        'stale_time' => [401, 'The request is more than 60 seconds old or ahead. Set the clocks of both machines.'],
        'bad_json' => [400, 'The request is not a JSON object with the texts id and effect and the object args.'],
        'unknown_effect' => [404, 'The effect "%s" does not exist here. The modules and the service must be of the same version.'],
        'unknown_field' => [400, 'The field "%s" of %s is not known here. The modules and the service must be of the same version.'],
        'bad_field' => [400, 'The field "%s" of %s must be of type %s.'],
        'not_decryptable' => [422, 'Value %d was not encrypted by this WHMCS. Enter the password again where it belongs, and save.'],
        'whmcs_refused' => [422, 'WHMCS refused %s with the words "%s". Its activity log may say more.'],
        'whmcs_failed' => [500, 'WHMCS could not do it: %s.'],
        'whmcs_unavailable' => [503, 'WHMCS did not load. Look at its own pages and into the error log of PHP.'],
    ];

    public string $reason;
    public int $status;

    /** @param string|int ...$details for the places in the sentence */
    public function __construct(string $reason, ...$details)
    {
        parent::__construct(vsprintf(self::ALL[$reason][1], $details));
        $this->reason = $reason;
        $this->status = self::ALL[$reason][0];
    }

    /** A message as a block for staff; '' is none. */
    public static function html(string $message): string
    {
        $text = htmlspecialchars($message, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
        return $text === '' ? '' : '<div class="kvmbridge"><div class="alert alert-danger">' . $text . '</div></div>';
    }
}
