using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Tests.Emulation;

/// <summary>Every check of the interpreter: a small kernel that is wrong in one way, and the same kernel without the fault.</summary>
public class FaultTests
{
    private const string Begin =
        "mov.u32 %r0, %tid.x; shl.b32 %r1, %r0, 2; .shared .align 16 .b8 s[1024]; mov.u32 %r2, s; add.u32 %r2, %r2, %r1; mul.wide.u32 "
            + "%rd1, %r0, 4; add.u64 %rd1, %rd0, %rd1;";

    // Every word is written and every thread has seen it: later accesses are no reads of unwritten memory.
    private const string Filled = Begin + " st.shared.u32 [%r2], %r1; bar.sync 0;";

    [Theory]
    [InlineData("ld.global.u32 %r9, [%rd0+256];", Fault.OutOfBounds)]
    [InlineData("ld.global.u32 %r9, [%rd0-4];", Fault.OutOfBounds)]
    [InlineData("ld.global.v2.u32 {%r8, %r9}, [%rd0+4];", Fault.Misaligned)]
    [InlineData("ld.global.u32 %r9, [%rd0+2];", Fault.Misaligned)]
    [InlineData("ld.shared.u32 %r9, [%r2];", Fault.Uninitialised)]
    [InlineData("st.shared.u32 [%r2+1024], %r0;", Fault.OutOfBounds)]
    [InlineData("st.shared.u32 [%r2+2], %r0;", Fault.Misaligned)]
    [InlineData("add.u32 %r9, %r20, 1;", Fault.Uninitialised)]
    [InlineData("@%p0 mov.u32 %r9, 1;", Fault.Uninitialised)]
    [InlineData(".local .align 4 .b8 l[16]; mov.u64 %rd2, l; ld.local.u32 %r9, [%rd2];", Fault.Uninitialised)]
    [InlineData(".local .align 4 .b8 l[16]; mov.u64 %rd2, l; st.local.u32 [%rd2+16], %r0;", Fault.OutOfBounds)]
    [InlineData("setp.lt.u32 %p0, %r0, 7; @%p0 bra skip; bar.sync 0; skip: mov.u32 %r9, 1;", Fault.Divergence)]
    [InlineData("setp.lt.u32 %p0, %r0, 7; @%p0 shfl.sync.bfly.b32 %r9, %r0, 1, 31, -1;", Fault.Divergence)]
    [InlineData("loop: bra loop;", Fault.Endless)]
    [InlineData("cp.async.ca.shared.global [%r2], [%rd1], 4; cp.async.commit_group;", Fault.Invalid)]
    [InlineData("cvta.to.shared.u64 %rd2, %rd0;", Fault.Invalid)]
    [InlineData("trap;", Fault.Invalid)]
    public void One_thing_is_wrong(string instructions, Fault fault) =>
        Assert.Equal(fault, Isa.FaultOf(Begin + instructions, options: new EmulationOptions { MaxInstructionsPerWarp = 100_000 }));

    [Fact]
    public void A_warp_that_waits_for_one_that_has_ended_elsewhere_is_a_deadlock() =>
        // Barrier 1 is for 64 threads, and one warp of two comes.
        Assert.Equal(Fault.Deadlock, Isa.FaultOf($"{Begin} setp.lt.u32 %p0, %r0, 32; @%p0 bar.sync 1, 64;", threads: 64));

    [Theory]
    // Each thread writes its own word and reads its neighbour's of the next warp.
    [InlineData("st.shared.u32 [%r2], %r0;", "xor.b32 %r3, %r1, 128; mov.u32 %r4, s; add.u32 %r3, %r3, %r4; ld.shared.u32 %r9, [%r3];")]
    // Reading first and writing then is a race, too.
    [InlineData("st.shared.u32 [%r2], %r0; bar.sync 0; xor.b32 %r3, %r1, 128; mov.u32 %r4, s; add.u32 %r3, %r3, %r4; ld.shared.u32 %r9, "
        + "[%r3];", "st.shared.u32 [%r2], %r1;")]
    // Two threads write different values to the same place.
    [InlineData("mov.u32 %r3, s; setp.lt.u32 %p0, %r0, 32; @%p0 st.shared.u32 [%r3], %r0;",
        "setp.ge.u32 %p0, %r0, 32; @%p0 st.shared.u32 [%r3], %r1;", false)]
    public void A_barrier_between_makes_the_difference(string before, string after, bool ordered = true)
    {
        var options = new EmulationOptions { Seed = 3 };
        Assert.Equal(Fault.Race, Isa.FaultOf($"{Filled} {before} {after}", 64, 64, options));
        if (ordered)
            Isa.Run($"{Filled} {before} bar.sync 0; {after}", 64, 64, options);
    }

    [Theory]
    // A thread reads device memory that a thread of another warp wrote, or writes memory that it read.
    [InlineData("st.global.u32 [%rd1], %r0;", "ld.global.u32 %r9, [%rd2];")]
    [InlineData("ld.global.u32 %r9, [%rd2];", "st.global.u32 [%rd1], %r2;")]
    public void Device_memory_is_ordered_by_a_groups_barriers_too(string before, string after)
    {
        const string Other = Begin + " xor.b32 %r3, %r0, 32; mul.wide.u32 %rd2, %r3, 4; add.u64 %rd2, %rd0, %rd2;";
        Isa.Run($"{Other} {before} bar.sync 0; {after}", 64, 64);
        Assert.Equal(Fault.Race, Isa.FaultOf($"{Other} {before} {after}", 64, 64));
    }

    [Theory]
    // Lanes of one store; threads of two warps. They all store the same value.
    [InlineData("st.shared.u32 [%r2], %r5;")]
    [InlineData("st.global.u32 [%rd0], %r5;")]
    [InlineData("setp.eq.u32 %p0, %r3, 0; @%p0 st.shared.u32 [%r2], %r5;")]
    [InlineData("setp.eq.u32 %p0, %r3, 0; @%p0 st.global.u32 [%rd0], %r5;")]
    public void Several_that_store_to_one_place_store_a_constant(string store)
    {
        const string Same = ".shared .align 16 .b8 s[64]; mov.u32 %r2, s; mov.u32 %r0, %tid.x; and.b32 %r3, %r0, 31; and.b32 %r5, %r0, 0;";
        Assert.Equal(Fault.Race, Isa.FaultOf($"{Same} {store}", 64));
        Isa.Run($"{Same} {store.Replace("%r5", "0", StringComparison.Ordinal)}", 64, 64);
    }

    [Fact]
    public void Nothing_orders_groups()
    {
        using var gpu = new EmulatedGpu(new EmulationOptions { Threads = 1 });
        var output = gpu.Upload<uint>(new uint[64]);
        var kernel = gpu.Load(Isa.Kernel("mov.u32 %r0, %ctaid.x; add.u32 %r0, %r0, 1; st.global.u32 [%rd0], %r0;"));
        Assert.Equal(Fault.Race, Assert.Throws<EmulationException>(
            () => kernel.Launch(2, 1, new KernelArguments().Add(output).ToArray())).Fault);
    }

    [Theory]
    [InlineData("membar.gl; bar.sync 0;", "membar.gl;")]
    [InlineData("bar.sync 0; fence.acq_rel.gpu;", "fence.acq_rel.gpu;")]
    // A thread that counts has not seen the writes of the group's other threads; they are not handed on; they are not asked for.
    [InlineData("membar.gl;", "membar.gl;", Fault.Race)]
    [InlineData("bar.sync 0;", "membar.gl;", Fault.Race)]
    [InlineData("membar.cta; bar.sync 0;", "membar.gl;", Fault.Race)]
    [InlineData("membar.gl; bar.sync 0;", "", Fault.Race)]
    public void A_fence_and_an_atomic_order_groups(string before, string after, Fault? fault = null)
    {
        // Each of two groups writes 64 words and counts itself; the one that finds a one there reads the other's words.
        const string Write =
            "mov.u32 %r0, %tid.x; mov.u32 %r1, %ctaid.x; shl.b32 %r2, %r1, 6; add.u32 %r2, %r2, %r0; mul.wide.u32 %rd1, %r2, 4; add.u64 "
                + "%rd1, %rd0, %rd1; st.global.u32 [%rd1], %r2;";
        const string Count =
            ".shared .align 4 .b8 s[4]; mov.u32 %r3, s; setp.ne.u32 %p0, %r0, 0; @%p0 bra counted; atom.global.add.u32 %r4, [%rd0+512], 1;";
        const string Read =
            "st.shared.u32 [%r3], %r4; counted: bar.sync 0; ld.shared.u32 %r5, [%r3]; setp.ne.u32 %p1, %r5, 1; @%p1 bra end; xor.b32 %r6, "
                + "%r2, 95; mul.wide.u32 %rd2, %r6, 4; add.u64 %rd2, %rd0, %rd2; ld.global.u32 %r7, [%rd2]; end: ret;";
        using var gpu = new EmulatedGpu(new EmulationOptions { Threads = 1 });
        var output = gpu.Upload<uint>(new uint[129]);
        var kernel = gpu.Load(Isa.Kernel($"{Write} {before} {Count} {after} {Read}"));
        void Launch() => kernel.Launch(2, 64, new KernelArguments().Add(output).ToArray());
        if (fault is { } expected)
            Assert.Equal(expected, Assert.Throws<EmulationException>(Launch).Fault);
        else
            Launch();
    }

    [Fact]
    public void Lanes_of_a_warp_need_a_barrier_of_the_warp()
    {
        const string Neighbour = "xor.b32 %r3, %r1, 4; mov.u32 %r4, s; add.u32 %r3, %r3, %r4; ld.shared.u32 %r9, [%r3];";
        Assert.Equal(Fault.Race, Isa.FaultOf($"{Filled} st.shared.u32 [%r2], %r0; {Neighbour}"));
        Isa.Run($"{Filled} st.shared.u32 [%r2], %r0; bar.warp.sync -1; {Neighbour}", 32, 64);
    }

    [Fact]
    public void Barriers_of_some_warps_order_those_warps_alone()
    {
        const string Write = "setp.lt.u32 %p0, %r0, 32; @%p0 st.shared.u32 [%r2], %r0;";
        const string Read =
            "xor.b32 %r3, %r1, 128; mov.u32 %r4, s; add.u32 %r3, %r3, %r4; setp.ge.u32 %p1, %r0, 32; setp.lt.and.u32 %p1, %r0, 64, %p1; "
                + "@%p1 ld.shared.u32 %r9, [%r3];";
        Isa.Run($"{Filled} {Write} setp.lt.u32 %p2, %r0, 64; @%p2 bar.sync 1, 64; {Read}", 96, 96);
        Assert.Equal(Fault.Race, Isa.FaultOf(
            $"{Filled} {Write} setp.lt.u32 %p2, %r0, 64; @!%p2 bar.sync 1, 32; {Read}", 96, 96, new EmulationOptions { Seed = 1 }));
    }

    [Theory]
    [InlineData("cp.async.commit_group; cp.async.wait_group 0; bar.sync 0;", null)]
    [InlineData("cp.async.wait_all; bar.sync 0;", null)]
    // The wait leaves the newest group in flight; nothing was committed; there is no wait.
    [InlineData("cp.async.commit_group; cp.async.wait_group 1; bar.sync 0;", Fault.Race)]
    [InlineData("cp.async.wait_group 0; bar.sync 0;", Fault.Race)]
    [InlineData("cp.async.commit_group; bar.sync 0;", Fault.Race)]
    // The same bytes are copied to again while they are under way.
    [InlineData("cp.async.ca.shared.global [%r2], [%rd1], 4; cp.async.wait_all; bar.sync 0;", Fault.Race)]
    // Others see a copy only after a barrier.
    [InlineData("cp.async.commit_group; cp.async.wait_group 0;", Fault.Race)]
    public void Copies_are_there_after_their_wait_and_a_barrier(string between, Fault? fault)
    {
        var body = $"{Filled} cp.async.ca.shared.global [%r2], [%rd1], 4; {between} xor.b32 %r3, %r1, 128; mov.u32 %r4, s; add.u32 %r3, "
            + $"%r3, %r4; ld.shared.u32 %r9, [%r3]; cp.async.wait_all;";
        if (fault is { } expected)
            Assert.Equal(expected, Isa.FaultOf(body, 64, 64));
        else
            Isa.Run(body, 64, 64);
    }

    [Fact]
    public void A_copy_of_fewer_bytes_fills_up_with_zeros()
    {
        var result = Isa.Run(
            $"{Filled} mov.u32 %r5, 77; st.global.u32 [%rd1], %r5; and.b32 %r6, %r0, 1; shl.b32 %r6, %r6, 2; cp.async.ca.shared.global "
                + $"[%r2], [%rd1], 4, %r6; cp.async.wait_all;"
            + " ld.shared.u32 %r9, [%r2]; st.global.u32 [%rd1], %r9;", 32, 64);
        Assert.Equal([0u, 77, 0, 77], result[..4]);
    }

    [Fact]
    public void An_mbarrier_orders_those_who_waited_for_it()
    {
        const string Head =
            ".shared .align 8 .b8 bar[8]; mov.u32 %r20, bar; setp.eq.u32 %p0, %r0, 0; @%p0 mbarrier.init.shared.b64 [%r20], 64; bar.sync "
                + "0;";
        const string Wait =
            "mbarrier.arrive.shared.b64 %rd5, [%r20]; wait: mbarrier.try_wait.parity.shared.b64 %p1, [%r20], 0; @!%p1 bra wait;";
        const string Read = "xor.b32 %r3, %r1, 128; mov.u32 %r4, s; add.u32 %r3, %r3, %r4; ld.shared.u32 %r9, [%r3];";
        Isa.Run($"{Filled} {Head} st.shared.u32 [%r2], %r0; {Wait} {Read}", 64, 64, new EmulationOptions { Seed = 5 });
        Assert.Equal(Fault.Race, Isa.FaultOf(
            $"{Filled} {Head} {Wait} st.shared.u32 [%r2], %r0; {Read}", 64, 64, new EmulationOptions { Seed = 5 }));
    }

    [Fact]
    public void Launches_beyond_the_limits_are_refused()
    {
        using var gpu = new EmulatedGpu();
        var kernel = gpu.Load(Isa.Kernel("mov.u32 %r0, 1;"));
        var argument = new KernelArguments().Add(gpu.Allocate<int>(1)).ToArray();
        Refused(() => kernel.Launch(new Dim3(1, 65536), 32, argument));
        Refused(() => kernel.Launch(0, 32, argument));
        Refused(() => kernel.Launch(1, 1025, argument));
        Refused(() => kernel.Launch(1, 32, argument[..4]));
        Refused(() => kernel.Launch(1, 32, argument, 48 * 1024 + 1));
        Refused(() => kernel.AllowDynamicShared(228 * 1024));
        kernel.AllowDynamicShared(100_000);
        kernel.Launch(1, 32, argument, 100_000);

        static void Refused(Action launch) => Assert.Equal(Fault.Launch, Assert.Throws<EmulationException>(launch).Fault);
    }

    [Fact]
    public void Memory_that_was_freed_is_gone()
    {
        using var gpu = new EmulatedGpu();
        var kernel = gpu.Load(Isa.Kernel("mov.u32 %r0, 1;"));
        var address = gpu.Allocate<int>(4);
        gpu.Memory.Free(address);
        Assert.Equal(Fault.Freed, Assert.Throws<EmulationException>(
            () => kernel.Launch(1, 1, new KernelArguments().Add(address).ToArray())).Fault);
        Assert.Equal(Fault.Freed, Assert.Throws<EmulationException>(() => gpu.Download<int>(address, 4)).Fault);
        Assert.Equal(Fault.Freed, Assert.Throws<EmulationException>(() => gpu.Memory.Free(address)).Fault);
    }

    [Theory]
    [InlineData("wobble.u32 %r0, 1;")]
    [InlineData("add.wobble.u32 %r0, %r0, 1;")]
    [InlineData("mov.u32 %r0, %wobble;")]
    [InlineData("bra nowhere;")]
    public void What_is_unknown_is_refused_with_its_line_and_text(string instruction)
    {
        using var gpu = new EmulatedGpu();
        var text = Isa.Kernel($"\n{instruction}");
        var kernel = Assert.Throws<PtxException>(() => gpu.Load(text).Launch(1, 1, new byte[8]));
        Assert.Contains(instruction, kernel.Message, StringComparison.Ordinal);
        Assert.Equal(Array.FindIndex(text.Split('\n'), line => line.Contains(instruction, StringComparison.Ordinal)) + 1, kernel.Line);
    }
}
