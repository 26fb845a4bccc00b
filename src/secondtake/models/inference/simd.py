"""SIMD: the inner loops of a decode step, as LLVM's vector instructions for numba.

A row is summed in one order, alone or among others, so that a take is the same by itself and in a
batch. Compilers that vectorize a sum choose that order anew for each shape of loop; here it is
fixed: `LANES` sums that run beside each other, then these, then what is left at the end.

Arrays are given as addresses (int64), since matrices stay where their file is mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.extending import intrinsic

Value = Any  # of llvmlite: a number or a vector while code is generated
Builder = Any
Intrinsic = Callable[..., Any]

FLOAT, INT32, INT64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
BITS = {"int8": 8, "int16": 16, "bfloat16": 16, "float32": 32}  # of the numbers that are read
BLOCK = 4  # vectors that `weighted_sum` sums beside each other


def _lanes() -> int:
    """Numbers of a vector: 16 with AVX-512, else 8 (one register of AVX2, two of NEON)."""
    features = config.CPU_FEATURES  # numba's own variable, for a processor other than this one
    if features is None:
        features = llvm.get_host_cpu_features().flatten()
    return 16 if "+avx512f" in features.split(",") else 8


LANES = _lanes()


def dots(kind: str, outputs: int, rows: int) -> Intrinsic:
    """(weights, scales, x, y, y_stride, n): products of some weight rows with some activations.

    y[r * y_stride + o] = scales[o] * sum(weights[o * n + c] * x[r * n + c] for c in range(n)) for
    every o of `outputs` and r of `rows`. weights: `kind`; all else float32.
    """
    pairs = [(o, r) for o in range(outputs) for r in range(rows)]

    def emit(builder: Builder, arguments: Sequence[Value]) -> None:
        weights, scales, x, y, y_stride, n = arguments

        def add_products(c: Value, sums: Sequence[Value], lanes: int) -> list[Value]:
            def row(base: Value, index: int, of: str) -> Value:
                return _load(builder, base, builder.add(builder.mul(n, INT64(index)), c), of, lanes)

            left = [row(weights, o, kind) for o in range(outputs)]
            right = [row(x, r, "float32") for r in range(rows)]
            return [
                _fma(builder, left[o], right[r], total)
                for (o, r), total in zip(pairs, sums, strict=True)
            ]

        whole = builder.and_(n, INT64(-LANES))
        zeros = [_splat(0.0, LANES)] * len(pairs)
        vectors = _loop(builder, INT64(0), whole, LANES, zeros, add_products)
        parts = [_add_up(builder, vector) for vector in vectors]
        sums = _loop(builder, whole, n, 1, parts, add_products)
        for (o, r), total in zip(pairs, sums, strict=True):
            scale = _load(builder, scales, INT64(o), "float32", 1)
            place = builder.add(builder.mul(y_stride, INT64(r)), INT64(o))
            _store(builder, y, place, builder.fmul(total, scale))

    return _void_intrinsic(emit, 6)


def weighted_sum(kind: str) -> Intrinsic:
    """(values, weights, y, count, n): y[c] = sum(weights[p] * values[p * n + c] for p < count).

    values: (count, n) `kind`; weights: (count,) and y: (n,) float32.
    """

    def emit(builder: Builder, arguments: Sequence[Value]) -> None:
        values, weights, y, count, n = arguments

        def sum_vectors(start: Value, lanes: int, vectors: int) -> None:
            places = [builder.add(start, INT64(lanes * index)) for index in range(vectors)]

            def add_position(p: Value, sums: Sequence[Value], _: int) -> list[Value]:
                row = builder.mul(p, n)
                weight = _broadcast(builder, _load(builder, weights, p, "float32", 1), lanes)
                parts = [
                    _load(builder, values, builder.add(row, place), kind, lanes) for place in places
                ]
                return [
                    _fma(builder, weight, part, total)
                    for part, total in zip(parts, sums, strict=True)
                ]

            zeros = [_splat(0.0, lanes)] * vectors
            totals = _loop(builder, INT64(0), count, 1, zeros, add_position)
            for place, total in zip(places, totals, strict=True):
                _store(builder, y, place, total)

        def sum_block(start: Value, _: Sequence[Value], __: int) -> list[Value]:
            sum_vectors(start, LANES, BLOCK)
            return []

        def sum_one(start: Value, _: Sequence[Value], __: int) -> list[Value]:
            sum_vectors(start, 1, 1)
            return []

        whole = builder.sub(n, builder.srem(n, INT64(LANES * BLOCK)))
        _loop(builder, INT64(0), whole, LANES * BLOCK, [], sum_block)
        _loop(builder, whole, n, 1, [], sum_one)

    return _void_intrinsic(emit, 5)


def map_row(formula: Callable[[Builder, Value], Value]) -> Intrinsic:
    """(x, count): x[c] = formula(x[c]) for all c < count, in place; float32."""

    def emit(builder: Builder, arguments: Sequence[Value]) -> None:
        x, count = arguments

        def change(c: Value, _: Sequence[Value], lanes: int) -> list[Value]:
            _store(builder, x, c, formula(builder, _load(builder, x, c, "float32", lanes)))
            return []

        whole = builder.and_(count, INT64(-LANES))
        _loop(builder, INT64(0), whole, LANES, [], change)
        _loop(builder, whole, count, 1, [], change)

    return _void_intrinsic(emit, 2)


def exp(builder: Builder, x: Value) -> Value:
    """e**x, to 2e-7 of it; below -87, e**-87. Cody and Waite's reduction, then Taylor's series."""
    x = _call(builder, "maxnum", x, _like(x, -87.0))
    power = _call(builder, "rint", builder.fmul(x, _like(x, 1.4426950408889634)))
    x = _fma(builder, power, _like(x, -0.693145751953125), x)  # ln 2, in two parts
    x = _fma(builder, power, _like(x, -1.4286068203094172e-6), x)
    y = _like(x, 1 / 5040)
    for factor in (1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0):
        y = _fma(builder, y, x, _like(x, factor))
    whole = _integers(x)
    exponent = builder.add(builder.fptosi(power, whole), _constant(whole, 127))
    exponent = builder.shl(exponent, _constant(whole, 23))
    return builder.fmul(y, builder.bitcast(exponent, x.type))


def gelu(builder: Builder, x: Value) -> Value:
    """x * (1 + erf(x / sqrt 2)) / 2, to 3e-7 (Abramowitz and Stegun, formula 7.1.26)."""
    z = builder.fmul(_call(builder, "fabs", x), _like(x, 0.7071067811865476))
    t = builder.fdiv(_like(x, 1.0), _fma(builder, z, _like(x, 0.3275911), _like(x, 1.0)))
    y = _like(x, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592, 0.0):
        y = _fma(builder, y, t, _like(x, factor))
    decay = exp(builder, builder.fneg(builder.fmul(z, z)))
    erf = _call(builder, "copysign", builder.fsub(_like(x, 1.0), builder.fmul(y, decay)), x)
    half = builder.fmul(x, _like(x, 0.5))
    return _fma(builder, half, erf, half)


@intrinsic
def fetch_add(typing: Any, address: Any, value: Any) -> Any:
    """Add `value` to the int64 at `address`, seen by every thread at once; what it was before."""

    def generate(_: Any, builder: Builder, __: Any, arguments: Sequence[Value]) -> Value:
        place = builder.inttoptr(arguments[0], INT64.as_pointer())
        return builder.atomic_rmw("add", place, arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def load_now(typing: Any, address: Any) -> Any:
    """The int64 at `address`, as other threads have written it."""

    def generate(_: Any, builder: Builder, __: Any, arguments: Sequence[Value]) -> Value:
        place = builder.inttoptr(arguments[0], INT64.as_pointer())
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(types.int64), generate


def _void_intrinsic(emit: Callable[[Builder, Sequence[Value]], None], count: int) -> Intrinsic:
    """A function for numba of a tuple of `count` int64 numbers, whose code `emit` writes."""

    def generate(context: Any, builder: Builder, _: Any, arguments: Sequence[Value]) -> Value:
        emit(builder, cgutils.unpack_tuple(builder, arguments[0], count))
        return context.get_dummy_value()

    signature = types.void(types.UniTuple(types.int64, count))

    def typed(typing: Any, numbers: Any) -> Any:
        return signature, generate

    made: Intrinsic = intrinsic(typed)
    return made


def _loop(
    builder: Builder,
    start: Value,
    stop: Value,
    step: int,
    values: Sequence[Value],
    body: Callable[[Value, Sequence[Value], int], Sequence[Value]],
) -> Sequence[Value]:
    """`for index in range(start, stop, step): values = body(index, values, step)`; the values."""
    before = builder.block
    head, inside, after = (builder.function.append_basic_block() for _ in range(3))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(INT64)
    index.add_incoming(start, before)
    carried = [builder.phi(value.type) for value in values]
    for phi, value in zip(carried, values, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", index, stop), inside, after)
    builder.position_at_end(inside)
    results = body(index, carried, step)
    index.add_incoming(builder.add(index, INT64(step)), builder.block)
    for phi, value in zip(carried, results, strict=True):
        phi.add_incoming(value, builder.block)
    builder.branch(head)
    builder.position_at_end(after)
    return carried


def _load(builder: Builder, base: Value, index: Value, kind: str, lanes: int) -> Value:
    """`lanes` numbers from index on, as float32."""
    stored = FLOAT if kind == "float32" else ir.IntType(BITS[kind])
    raw = builder.load(_place(builder, base, index, stored, lanes), align=BITS[kind] // 8)
    if kind == "float32":
        return raw
    wide, real = _vector(INT32, lanes), _vector(FLOAT, lanes)
    if kind == "bfloat16":  # the upper half of a float32
        return builder.bitcast(builder.shl(builder.zext(raw, wide), _constant(wide, 16)), real)
    return builder.sitofp(builder.sext(raw, wide), real)


def _store(builder: Builder, base: Value, index: Value, value: Value) -> None:
    """Float32 numbers, from index on."""
    lanes = value.type.count if isinstance(value.type, ir.VectorType) else 1
    builder.store(value, _place(builder, base, index, FLOAT, lanes), align=4)


def _place(builder: Builder, base: Value, index: Value, stored: ir.Type, lanes: int) -> Value:
    size = 4 if stored == FLOAT else stored.width // 8
    address = builder.add(base, builder.mul(index, INT64(size)))
    return builder.inttoptr(address, _vector(stored, lanes).as_pointer())


def _fma(builder: Builder, a: Value, b: Value, c: Value) -> Value:
    """a * b + c, rounded once."""
    return _call(builder, "fma", a, b, c)


def _call(builder: Builder, name: str, *values: Value) -> Value:
    """One of LLVM's own functions of numbers, or of each number of vectors."""
    of = values[0].type
    suffix = f"v{of.count}f32" if isinstance(of, ir.VectorType) else "f32"
    signature = ir.FunctionType(of, [of] * len(values))
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.{suffix}")
    return builder.call(function, values)


def _add_up(builder: Builder, vector: Value) -> Value:
    """The sum of a vector's numbers, in pairs of halves."""
    signature = ir.FunctionType(FLOAT, [FLOAT, vector.type])
    name = f"llvm.vector.reduce.fadd.v{vector.type.count}f32"
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, [FLOAT(0.0), vector], fastmath=["reassoc"])


def _vector(of: ir.Type, lanes: int) -> ir.Type:
    return ir.VectorType(of, lanes) if lanes > 1 else of


def _constant(of: ir.Type, value: float) -> Value:
    return ir.Constant(of, [value] * of.count if isinstance(of, ir.VectorType) else value)


def _splat(value: float, lanes: int) -> Value:
    return _constant(_vector(FLOAT, lanes), value)


def _like(x: Value, value: float) -> Value:
    return _constant(x.type, value)


def _integers(x: Value) -> ir.Type:
    """The int32 type with as many numbers as x."""
    return _vector(INT32, x.type.count if isinstance(x.type, ir.VectorType) else 1)


def _broadcast(builder: Builder, value: Value, lanes: int) -> Value:
    if lanes == 1:
        return value
    vector = builder.insert_element(
        ir.Constant(_vector(FLOAT, lanes), ir.Undefined), value, INT32(0)
    )
    order = ir.Constant(ir.VectorType(INT32, lanes), [0] * lanes)
    return builder.shuffle_vector(vector, vector, order)
