---- boolean
-- physical
boolean
-- to transport
case c when true then 't' when false then 'f' end
-- from transport
t::boolean
-- canonical text
case c when true then 't' when false then 'f' end

---- int8
-- physical
smallint
-- to transport
c::varchar
-- from transport
t::smallint
-- canonical text
c::varchar

---- int16
-- physical
smallint
-- to transport
c::varchar
-- from transport
t::smallint
-- canonical text
c::varchar

---- int32
-- physical
integer
-- to transport
c::varchar
-- from transport
t::integer
-- canonical text
c::varchar

---- int64
-- physical
bigint
-- to transport
c::varchar
-- from transport
t::bigint
-- canonical text
c::varchar

---- decimal(12,2)
-- physical
decimal(12,2)
-- to transport
rtrim(rtrim(c::varchar, '0'), '.')
-- from transport
t::decimal(12,2)
-- canonical text
rtrim(rtrim(c::varchar, '0'), '.')

---- decimal(3,3)
-- physical
decimal(3,3)
-- to transport
case when c = 0 then '0' else regexp_replace(rtrim(rtrim(c::varchar, '0'), '.'), '^(-?)\.', '\10.') end
-- from transport
t::decimal(3,3)
-- canonical text
case when c = 0 then '0' else regexp_replace(rtrim(rtrim(c::varchar, '0'), '.'), '^(-?)\.', '\10.') end

---- decimal(39,0)
-- physical
varchar
-- to transport
c
-- from transport
t
-- canonical text
c

---- decimal
-- physical
varchar
-- to transport
c
-- from transport
t
-- canonical text
c

---- float32
-- physical
float
-- to transport
c::varchar
-- from transport
t::float
-- canonical text
case when isnan(c) then 'NaN' when c = 0 then '0' else c::bit::integer::varchar end

---- float64
-- physical
double
-- to transport
c::varchar
-- from transport
t::double
-- canonical text
case when isnan(c) then 'NaN' when c = 0 then '0' else c::bit::bigint::varchar end

---- char(3)
-- physical
varchar
-- to transport
rtrim(c, ' ')
-- from transport
rtrim(t, ' ')
-- canonical text
rtrim(c, ' ')

---- varchar(10)
-- physical
varchar
-- to transport
c::varchar
-- from transport
t
-- canonical text
c::varchar

---- text
-- physical
varchar
-- to transport
c::varchar
-- from transport
t
-- canonical text
c::varchar

---- binary
-- physical
blob
-- to transport
lower(hex(c))
-- from transport
unhex(t)
-- canonical text
lower(hex(c))

---- date
-- physical
date
-- to transport
replace(c::varchar, ' (BC)', ' BC')
-- from transport
(case when ends_with(t, ' BC') then replace(t, ' BC', ' (BC)') else t end)::date
-- canonical text
replace(c::varchar, ' (BC)', ' BC')

---- time
-- physical
time
-- to transport
rpad(case when length(c::varchar) = 8 then c::varchar || '.' else c::varchar end, 15, '0')
-- from transport
t::time
-- canonical text
rpad(case when length(c::varchar) = 8 then c::varchar || '.' else c::varchar end, 15, '0')

---- timestamp
-- physical
timestamp
-- to transport
case when isfinite(c)
    then replace(c::date::varchar, ' (BC)', '') || ' ' || rpad(case when length(c::time::varchar) = 8 then c::time::varchar || '.' else c::time::varchar end, 15, '0') || ''
      || case when c < timestamp '0001-01-01' then ' BC' else '' end
    else c::varchar end
-- from transport
(case when ends_with(t, ' BC')
        then regexp_replace(t, '^(\S+) (\S+) BC$', '\1 (BC) \2') else t end)::timestamp
-- canonical text
case when isfinite(c)
    then replace(c::date::varchar, ' (BC)', '') || ' ' || rpad(case when length(c::time::varchar) = 8 then c::time::varchar || '.' else c::time::varchar end, 15, '0') || ''
      || case when c < timestamp '0001-01-01' then ' BC' else '' end
    else c::varchar end

---- timestamptz
-- physical
timestamp with time zone
-- to transport
case when isfinite((c at time zone 'UTC'))
    then replace((c at time zone 'UTC')::date::varchar, ' (BC)', '') || ' ' || rpad(case when length((c at time zone 'UTC')::time::varchar) = 8 then (c at time zone 'UTC')::time::varchar || '.' else (c at time zone 'UTC')::time::varchar end, 15, '0') || '+00'
      || case when (c at time zone 'UTC') < timestamp '0001-01-01' then ' BC' else '' end
    else (c at time zone 'UTC')::varchar end
-- from transport
(case when ends_with(t, ' BC')
        then regexp_replace(t, '^(\S+) (\S+) BC$', '\1 (BC) \2') else t end)::timestamp with time zone
-- canonical text
case when isfinite((c at time zone 'UTC'))
    then replace((c at time zone 'UTC')::date::varchar, ' (BC)', '') || ' ' || rpad(case when length((c at time zone 'UTC')::time::varchar) = 8 then (c at time zone 'UTC')::time::varchar || '.' else (c at time zone 'UTC')::time::varchar end, 15, '0') || ''
      || case when (c at time zone 'UTC') < timestamp '0001-01-01' then ' BC' else '' end
    else (c at time zone 'UTC')::varchar end

---- interval
-- physical
interval
-- to transport
(extract(year from c) * 12 + extract(month from c)) || ' months '
        || extract(day from c) || ' days '
        || (extract(hour from c)::hugeint * 3600000000 + extract(minute from c) * 60000000
            + extract(microseconds from c)) || ' microseconds'
-- from transport
t::interval
-- canonical text
(extract(year from c) * 12 + extract(month from c)) || ' months '
        || extract(day from c) || ' days '
        || (extract(hour from c)::hugeint * 3600000000 + extract(minute from c) * 60000000
            + extract(microseconds from c)) || ' microseconds'

---- uuid
-- physical
uuid
-- to transport
c::varchar
-- from transport
t::uuid
-- canonical text
c::varchar

---- json
-- physical
json
-- to transport
c::varchar
-- from transport
t::json
-- canonical text
c::varchar

---- enum('a')
-- physical
varchar
-- to transport
c::varchar
-- from transport
t
-- canonical text
c::varchar

---- array(text)
-- physical
varchar[]
-- to transport
to_json(list_transform(c, lambda fh_e: fh_e::varchar))::varchar
-- from transport
list_transform(from_json(t, '["varchar"]'), lambda fh_e: fh_e)
-- canonical text
'{' || array_to_string(list_transform(c, lambda fh_e: case when fh_e is null then 'null'
        else '"' || replace(replace(fh_e::varchar, '\', '\\'), '"', '\"') || '"' end), ',') || '}'

---- array(date)
-- physical
date[]
-- to transport
to_json(list_transform(c, lambda fh_e: replace(fh_e::varchar, ' (BC)', ' BC')))::varchar
-- from transport
list_transform(from_json(t, '["varchar"]'), lambda fh_e: (case when ends_with(fh_e, ' BC') then replace(fh_e, ' BC', ' (BC)') else fh_e end)::date)
-- canonical text
'{' || array_to_string(list_transform(c, lambda fh_e: case when fh_e is null then 'null'
        else '"' || replace(replace(replace(fh_e::varchar, ' (BC)', ' BC'), '\', '\\'), '"', '\"') || '"' end), ',') || '}'

---- hash of a text
('0x' || substr(md5(t), 1, 15))::bigint
