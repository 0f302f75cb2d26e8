using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>One lane's checked access: its place, and whether its bytes were written.</summary>
internal static unsafe class LaneMemory
{
    public static byte* Read(Warp warp, int lane, PtxSpace space, ulong address, int bytes, int alignment, bool check)
    {
        byte* state;
        byte* data;
        switch (space)
        {
            case PtxSpace.Global or PtxSpace.Constant:
                data = warp.Cta.Launch.Global.Resolve(address, bytes, alignment, out state);
                warp.Cta.GlobalRaces?.Read(address, bytes, (warp.Index * 32) + lane);
                break;
            case PtxSpace.Shared:
                data = warp.Cta.Shared.Resolve(address, bytes, alignment, out state);
                // Unwritten memory takes precedence over a race.
                if (!check || AllSet(state, bytes))
                    warp.Cta.Races?.Read((int)address, bytes, (warp.Index * 32) + lane);
                else
                    warp.Cta.Races?.CheckInFlight((int)address, bytes, (warp.Index * 32) + lane, "reads");
                break;
            case PtxSpace.Local:
                data = warp.Local.Resolve(address, lane, bytes, alignment, out state);
                break;
            case PtxSpace.Call:
                data = warp.Calls.Resolve(address, lane, bytes, alignment, out state);
                break;
            case PtxSpace.Parameter:
                return Argument(warp, address, bytes, alignment);
            case PtxSpace.Generic:
                var (actual, offset) = Resolve(address);
                return Read(warp, lane, actual, offset, bytes, alignment, check);
            default:
                throw new UnreachableException($"Nothing reads {Name(space)} memory.");
        }
        if (check && !AllSet(state, bytes))
            throw new EmulationException(
                Fault.Uninitialised, $"lane {lane} reads {bytes} bytes of {Name(space)} memory at 0x{address:x} that were never written");
        return data;
    }

    /// <summary>A store's place, whose bytes count as written.</summary>
    public static byte* Write(
        Warp warp, int lane, PtxSpace space, ulong address, int bytes, int alignment, ReadOnlySpan<byte> values, bool isConstant)
    {
        byte* state;
        byte* data;
        switch (space)
        {
            case PtxSpace.Global:
                data = warp.Cta.Launch.Global.Resolve(address, bytes, alignment, out state);
                warp.Cta.GlobalRaces?.Write(
                    address, bytes, (warp.Index * 32) + lane, isConstant && values.SequenceEqual(new ReadOnlySpan<byte>(data, bytes)));
                break;
            case PtxSpace.Shared:
                data = warp.Cta.Shared.Resolve(address, bytes, alignment, out state);
                warp.Cta.Races?.Write(
                    (int)address, bytes, (warp.Index * 32) + lane, isConstant && values.SequenceEqual(new ReadOnlySpan<byte>(data, bytes)));
                break;
            case PtxSpace.Local:
                data = warp.Local.Resolve(address, lane, bytes, alignment, out state);
                break;
            case PtxSpace.Call:
                data = warp.Calls.Resolve(address, lane, bytes, alignment, out state);
                break;
            case PtxSpace.Generic:
                var (actual, offset) = Resolve(address);
                return Write(warp, lane, actual, offset, bytes, alignment, values, isConstant);
            default:
                throw new UnreachableException($"Nothing writes {Name(space)} memory.");
        }
        Set(state, bytes);
        return data;
    }

    /// <summary>The memory of a generic address.</summary>
    public static (PtxSpace Space, ulong Offset) Resolve(ulong address)
    {
        if (address - MemoryAccess.SharedWindow < MemoryAccess.WindowSize)
            return (PtxSpace.Shared, address - MemoryAccess.SharedWindow);
        return address - MemoryAccess.LocalWindow < MemoryAccess.WindowSize
            ? (PtxSpace.Local, address - MemoryAccess.LocalWindow)
            : (PtxSpace.Global, address);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AllSet(byte* state, int bytes) => bytes switch
    {
        1 => *state != 0,
        2 => Unsafe.ReadUnaligned<ushort>(state) == 0x0101,
        4 => Unsafe.ReadUnaligned<uint>(state) == 0x01010101,
        8 => Unsafe.ReadUnaligned<ulong>(state) == 0x0101010101010101,
        _ => new ReadOnlySpan<byte>(state, bytes).IndexOf((byte)0) < 0,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(byte* state, int bytes)
    {
        switch (bytes)
        {
            case 4:
                Unsafe.WriteUnaligned(state, 0x01010101u);
                break;
            case 8:
                Unsafe.WriteUnaligned(state, 0x0101010101010101ul);
                break;
            default:
                new Span<byte>(state, bytes).Fill(1);
                break;
        }
    }

    private static byte* Argument(Warp warp, ulong address, int bytes, int alignment)
    {
        var arguments = warp.Cta.Launch.Arguments;
        if (address > (ulong)arguments.Length || (int)address + bytes > arguments.Length)
            throw new EmulationException(
                Fault.OutOfBounds, $"argument access of {bytes} bytes at offset {address}; there are {arguments.Length}");
        if (address % (ulong)alignment != 0)
            throw new EmulationException(
                Fault.Misaligned, $"argument access of {bytes} bytes at offset {address}, no multiple of {alignment}");
        // The launch pins it.
        return (byte*)Unsafe.AsPointer(ref arguments[(int)address]);
    }

    private static string Name(PtxSpace space) =>
        space switch { PtxSpace.Call => "call argument", _ => space.ToString().ToLowerInvariant() };
}

/// <summary>ld of one value or a vector. Signed values extend to <c>extend</c> bytes, unless it is 0.</summary>
internal sealed unsafe class LoadOperation(PtxSpace space, int bytes, int extend, int[] targets, int address, long offset) : Operation
{
    private readonly int size = bytes * targets.Length;

    /// <summary>Whether all lanes have the same address.</summary>
    public bool IsUniform { get; init; }

    public override void Execute(Warp warp, uint lanes)
    {
        if (space == PtxSpace.Parameter && IsUniform)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            var data = LaneMemory.Read(warp, lane, space, Address(warp, lane), size, size, check: false);
            for (; lanes != 0; lanes &= lanes - 1)
                Take(warp.Registers, BitOperations.TrailingZeroCount(lanes), data);
            return;
        }
        if (space == PtxSpace.Global && lanes == ~0u && size >= 4 && FindRow(warp, out var row))
        {
            TakeRow(warp.Registers, row);
            return;
        }
        var check = warp.Cta.Options.CheckInitialised;
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            Take(warp.Registers, lane, LaneMemory.Read(warp, lane, space, Address(warp, lane), size, size, check));
        }
    }

    private ulong Address(Warp warp, int lane) => warp.Registers[(address * 32) + lane] + (ulong)offset;

    // Consecutive lanes are checked together; after a failure, one by one.
    private bool FindRow(Warp warp, out byte* data)
    {
        data = null;
        var addresses = warp.Registers.AsSpan(address * 32, 32);
        for (var lane = 1; lane < addresses.Length; lane++)
        {
            if (addresses[lane] != addresses[0] + (ulong)(lane * size))
                return false;
        }
        var start = Address(warp, 0);
        data = warp.Cta.Launch.Global.Find(start, size * 32, size, out var state);
        return data != null
            && (!warp.Cta.Options.CheckInitialised || !new ReadOnlySpan<byte>(state, size * 32).Contains((byte)0))
            && (warp.Cta.GlobalRaces?.TryReadRow(start, size, warp.Index * 32) ?? true);
    }

    private void TakeRow(ulong[] registers, byte* data)
    {
        if (bytes != 4 || extend != 0)
        {
            for (var lane = 0; lane < 32; lane++)
                Take(registers, lane, data + (lane * size));
            return;
        }
        for (var i = 0; i < targets.Length; i++)
        {
            var to = registers.AsSpan(targets[i] * 32, 32);
            for (var lane = 0; lane < to.Length; lane++)
                to[lane] = Unsafe.ReadUnaligned<uint>(data + (lane * size) + (i * 4));
        }
    }

    private void Take(ulong[] registers, int lane, byte* data)
    {
        if (bytes == 4 && extend == 0)
        {
            for (var i = 0; i < targets.Length; i++)
                registers[(targets[i] * 32) + lane] = Unsafe.ReadUnaligned<uint>(data + (i * 4));
            return;
        }
        for (var i = 0; i < targets.Length; i++)
        {
            var value = bytes switch
            {
                4 => Unsafe.ReadUnaligned<uint>(data + (i * 4)),
                8 => Unsafe.ReadUnaligned<ulong>(data + (i * 8)),
                2 => Unsafe.ReadUnaligned<ushort>(data + (i * 2)),
                _ => data[i],
            };
            registers[(targets[i] * 32) + lane] = extend == 0 ? value : Bits.Unsigned((ulong)Bits.Signed(value, bytes), extend);
        }
    }
}

/// <summary>st of one value or a vector. Writers of the same constant do not conflict.</summary>
internal sealed unsafe class StoreOperation(PtxSpace space, int bytes, int[] sources, int address, long offset, bool isConstant) : Operation
{
    private readonly int size = bytes * sources.Length;

    public override void Execute(Warp warp, uint lanes)
    {
        var registers = warp.Registers;
        Span<byte> values = stackalloc byte[32];
        if (!isConstant && warp.Cta.Options.CheckRaces && space is PtxSpace.Global or PtxSpace.Shared)
            CheckApart(registers, lanes);
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            for (var i = 0; i < sources.Length; i++)
                Unsafe.WriteUnaligned(ref values[i * bytes], registers[(sources[i] * 32) + lane]);
            var data = LaneMemory.Write(
                warp, lane, space, registers[(address * 32) + lane] + (ulong)offset, size, size, values[..size], isConstant);
            values[..size].CopyTo(new Span<byte>(data, size));
        }
    }

    // Of several lanes that store to one place, an unspecified one wins.
    private void CheckApart(ulong[] registers, uint lanes)
    {
        Span<ulong> addresses = stackalloc ulong[32];
        var count = 0;
        var ascending = true;
        for (; lanes != 0; lanes &= lanes - 1)
        {
            addresses[count] = registers[(address * 32) + BitOperations.TrailingZeroCount(lanes)];
            ascending &= count == 0 || addresses[count] >= addresses[count - 1] + (ulong)size;
            count++;
        }
        if (ascending)
            return;
        addresses = addresses[..count];
        addresses.Sort();
        for (var i = 1; i < count; i++)
        {
            if (addresses[i] < addresses[i - 1] + (ulong)size)
                throw new EmulationException(Fault.Race, $"two lanes store to 0x{addresses[i]:x} at once");
        }
    }
}
