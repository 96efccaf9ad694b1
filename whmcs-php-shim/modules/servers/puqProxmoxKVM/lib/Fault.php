<?php declare(strict_types=1);

namespace Kvmbridge\Shim;

/** Why something was not done, in either direction. The message says what to do next and holds no secrets. */
final class Fault extends \RuntimeException
{
    public string $reason;
    public int $status;

    /** @param string|int ...$details for the places in the sentence of faults.json, behind the HTTP status that callback.php answers */
    public function __construct(string $reason, ...$details)
    {
        [$this->status, $sentence] = json_decode((string) file_get_contents(__DIR__ . '/faults.json'), true)[$reason];
        parent::__construct(vsprintf($sentence, $details));
        $this->reason = $reason;
    }

    /** A message as a block for staff; '' is none. */
    public static function html(string $message): string
    {
        $text = htmlspecialchars($message, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
        return $text === '' ? '' : '<div class="kvmbridge"><div class="alert alert-danger">' . $text . '</div></div>';
    }
}
