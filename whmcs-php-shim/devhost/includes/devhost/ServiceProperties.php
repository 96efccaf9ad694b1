<?php

declare(strict_types=1);

namespace Devhost;

/** Named values of a service; the names of core columns are written through the API, as WHMCS does. */
final class ServiceProperties
{
    private const CORE = ['Username' => 'serviceusername', 'Password' => 'servicepassword', 'Domain' => 'domain',
        'Dedicated IP' => 'dedicatedip'];

    private $serviceId;

    public function __construct(int $serviceId)
    {
        $this->serviceId = $serviceId;
    }

    public function save(array $values): void
    {
        foreach ($values as $name => $value) {
            if (isset(self::CORE[$name])) {
                Api::run('UpdateClientProduct', ['serviceid' => $this->serviceId, self::CORE[$name] => $value]);
            }
        }
    }
}
