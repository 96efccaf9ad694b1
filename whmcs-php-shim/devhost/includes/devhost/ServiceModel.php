<?php

declare(strict_types=1);

namespace Devhost;

use WHMCS\Database\Capsule;

/** Stands where WHMCS passes an Eloquent model: not JSON-safe, full of private data, with serviceProperties. */
final class ServiceModel
{
    public $serviceProperties;
    private $row;

    public function __construct(object $row)
    {
        $this->row = $row;
        $this->serviceProperties = new ServiceProperties((int) $row->id);
    }

    public function __get(string $name)
    {
        $columns = ['clientId' => 'userid', 'packageId' => 'packageid', 'serverId' => 'server', 'status' => 'domainstatus'];
        $column = $columns[$name] ?? $name;
        return $this->row->$column ?? null;
    }
}
