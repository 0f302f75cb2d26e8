namespace Blip.Tests.Emulation;

/// <summary>
/// The joint work of a warp's lanes: divergent paths, values exchanged, matrices. Expected values are from the ISA's text and figures.
/// </summary>
public class WarpTests
{
    private const string Lane = "mov.u32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd1, %rd0, %rd1;";
    private const string Store = "st.global.u32 [%rd1], %r9;";

    [Fact]
    public void Divided_lanes_meet_again()
    {
        // Lanes below 10 add 1 in a loop of lane rounds; the others take the other side; all store.
        var result = Isa.Run(
            $"{Lane} mov.u32 %r9, 0; setp.ge.u32 %p0, %r0, 10; @%p0 bra other; mov.u32 %r1, 0; loop: setp.ge.u32 %p1, %r1, %r0; @%p1 bra "
                + $"done;"
            + $" add.u32 %r9, %r9, 1; add.u32 %r1, %r1, 1; bra loop; other: mov.u32 %r9, 100; done: bar.sync 0; {Store}", 32, 32);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => lane < 10 ? (uint)lane : 100), result);
    }

    [Theory]
    [InlineData("shfl.sync.bfly.b32 %r9, %r0, 1, 31, -1;", 1u, 0u, 3u)]
    [InlineData("shfl.sync.down.b32 %r9, %r0, 2, 31, -1;", 2u, 3u, 4u)]
    [InlineData("shfl.sync.up.b32 %r9, %r0, 1, 0, -1;", 0u, 0u, 1u)]
    [InlineData("shfl.sync.idx.b32 %r9, %r0, 5, 31, -1;", 5u, 5u, 5u)]
    // Segments of 8 lanes: the mask in bits 8 to 12 of the last operand.
    [InlineData("shfl.sync.idx.b32 %r9, %r0, 0, 0x181F, -1;", 0u, 0u, 0u)]
    public void Lanes_read_from_each_other(string shuffle, uint first, uint second, uint third) =>
        Assert.Equal([first, second, third], Isa.Run($"{Lane} {shuffle} {Store}", 32, 32)[..3]);

    [Fact]
    public void A_lane_outside_of_its_segment_keeps_its_value()
    {
        var result = Isa.Run(
            $"{Lane} shfl.sync.down.b32 %r9|%p0, %r0, 4, 0x181F, -1; selp.u32 %r1, 1, 0, %p0; mad.lo.u32 %r9, %r1, 1000, %r9; {Store}", 32,
            32);
        Assert.Equal([1004u, 1005, 1006, 1007, 4, 5, 6, 7, 1012], result[..9]);
    }

    [Theory]
    [InlineData("setp.lt.u32 %p0, %r0, 3; vote.sync.ballot.b32 %r9, %p0, -1;", 7u)]
    [InlineData("setp.lt.u32 %p0, %r0, 3; vote.sync.any.pred %p1, %p0, -1; selp.u32 %r9, 1, 0, %p1;", 1u)]
    [InlineData("setp.lt.u32 %p0, %r0, 3; vote.sync.all.pred %p1, %p0, -1; selp.u32 %r9, 1, 0, %p1;", 0u)]
    [InlineData("redux.sync.add.u32 %r9, %r0, -1;", 496u)]
    [InlineData("redux.sync.max.s32 %r9, %r0, -1;", 31u)]
    [InlineData("and.b32 %r1, %r0, 3; match.any.sync.b32 %r9, %r1, -1;", 0x11111111u)]
    [InlineData("activemask.b32 %r9;", 0xFFFFFFFFu)]
    public void Lanes_decide_together(string instructions, uint first) =>
        Assert.Equal(first, Isa.Run($"{Lane} {instructions} {Store}", 32, 32)[0]);

    [Fact]
    public void Atomics_add_up_over_lanes_warps_and_groups() =>
        Assert.Equal(256u, Isa.Run("atom.global.add.u32 %r1, [%rd0], 1;", 64, 1, groups: 4)[0]);

    [Fact]
    public void A_table_of_labels_sends_each_lane_its_way()
    {
        var result = Isa.Run(
            $"{Lane} and.b32 %r1, %r0, 1; table: .branchtargets even, odd; brx.idx %r1, table; even: mov.u32 %r9, 2; bra done; odd: "
                + $"mov.u32 %r9, 1; done: {Store}", 32, 32);
        Assert.Equal([2u, 1, 2, 1], result[..4]);
    }

    [Fact]
    public void Ldmatrix_gives_each_lane_two_neighbours_of_a_row()
    {
        // Row i of the matrix holds 8 i + 0 … 8 i + 7; lanes 0 to 7 point to the rows, 16 bytes each.
        var fill = $"{Lane} .shared .align 16 .b8 tile[128]; mov.u32 %r1, tile; shl.b32 %r2, %r0, 2; add.u32 %r3, %r1, %r2;"
            + " shl.b32 %r4, %r0, 1; shl.b32 %r5, %r4, 16; add.u32 %r5, %r5, 0x10000; or.b32 %r5, %r5, %r4; st.shared.b32 [%r3], %r5; "
            + "bar.sync 0;"
            + " and.b32 %r6, %r0, 7; shl.b32 %r6, %r6, 4; add.u32 %r6, %r1, %r6;";
        var rows = Isa.Run($"{fill} ldmatrix.sync.aligned.m8n8.x1.shared.b16 {{%r9}}, [%r6]; {Store}", 32, 32);
        for (var lane = 0u; lane < 32; lane++)
            Assert.Equal((lane / 4 * 8) + (lane % 4 * 2), rows[lane] & 0xFFFF);
        var columns = Isa.Run($"{fill} ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {{%r9}}, [%r6]; {Store}", 32, 32);
        for (var lane = 0u; lane < 32; lane++)
        {
            // With .trans lane l holds (2 (l % 4), l / 4) and the element below it.
            Assert.Equal((lane % 4 * 2 * 8) + (lane / 4), columns[lane] & 0xFFFF);
            Assert.Equal((((lane % 4 * 2) + 1) * 8) + (lane / 4), columns[lane] >> 16);
        }
    }

    [Theory]
    [InlineData("f16", "m16n8k16", 2, 0x3C00u, 4, 2)]
    [InlineData("bf16", "m16n8k16", 2, 0x3F80u, 4, 2)]
    [InlineData("f16", "m16n8k8", 2, 0x3C00u, 2, 1)]
    [InlineData("bf16", "m16n8k8", 2, 0x3F80u, 2, 1)]
    [InlineData("tf32", "m16n8k8", 1, 0x3F800000u, 4, 2)]
    [InlineData("tf32", "m16n8k4", 1, 0x3F800000u, 2, 1)]
    public void Mma_takes_each_element_from_the_register_of_the_isas_figure(
        string type, string shape, int perRegister, uint one, int registersA, int registersB)
    {
        // One 1 in A at (i, k), one 1 in B at (k, j): the product is a 1 at (i, j) and nothing else. Places in registers as in the figures
        // "Fragment layout for matrix A/B/C" of the ISA, written out here row by row.
        foreach (var (i, k, j) in new[] { (0, 0, 0), (3, 1, 5), (9, 2, 7), (15, 3, 1), (7, (registersA * perRegister * 2) - 1, 6),
            (12, (registersA * perRegister) + 1, 3) })
        {
            var depth = registersA * perRegister * 2;
            if (k >= depth)
                continue;
            var half = depth / 2 >= 4 * perRegister ? k / (4 * perRegister) : 0;
            var inner = k - (half * 4 * perRegister);
            var (laneA, registerA) = (((i % 8) * 4) + (inner / perRegister), (i / 8) + (2 * half));
            var (laneB, registerB) = ((j * 4) + (inner / perRegister), half);
            var bits = $"0x{one << (perRegister == 2 ? 16 * (inner % 2) : 0):X}";
            var a = string.Join(", ", Enumerable.Range(20, registersA).Select(r => $"%r{r}"));
            var b = string.Join(", ", Enumerable.Range(30, registersB).Select(r => $"%r{r}"));
            var zeros = string.Concat(Enumerable.Range(20, registersA).Concat(Enumerable.Range(30, registersB))
                .Select(r => $"mov.u32 %r{r}, 0; "));
            var result = Isa.Run(
                $"{Lane} {zeros} setp.eq.u32 %p0, %r0, {laneA}; @%p0 mov.u32 %r{20 + registerA}, {bits}; setp.eq.u32 %p0, %r0, {laneB}; "
                    + $"@%p0 mov.u32 %r{30 + registerB}, {bits};"
                + " mov.f32 %f0, 0f00000000; mov.f32 %f1, 0f00000000; mov.f32 %f2, 0f00000000; mov.f32 %f3, 0f00000000;"
                + $" mma.sync.aligned.{shape}.row.col.f32.{type}.{type}.f32 {{%f0, %f1, %f2, %f3}}, {{{a}}}, {{{b}}}, {{%f0, %f1, %f2, "
                + $"%f3}};"
                + " mul.wide.u32 %rd1, %r0, 16; add.u64 %rd1, %rd0, %rd1; st.global.v4.f32 [%rd1], {%f0, %f1, %f2, %f3};", 32, 128);
            // C: register r of lane l is row l / 4 + 8 (r / 2), column 2 (l % 4) + r % 2.
            var expected = new uint[128];
            expected[((((i % 8) * 4) + (j / 2)) * 4) + (i / 8 * 2) + (j % 2)] = 0x3F800000;
            Assert.Equal(expected, result);
        }
    }

    [Fact]
    public void Mma_sums_whole_numbers_of_8_bits()
    {
        // All ones times all twos over 32, and 5 to begin with.
        var result = Isa.Run(
            $"{Lane} mov.u32 %r1, 0x01010101; mov.u32 %r2, 0x02020202; mov.u32 %r3, 5;"
            + " mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%r9, %r10, %r11, %r12}, {%r1, %r1, %r1, %r1}, {%r2, %r2}, {%r3, %r3, %r3, "
            + "%r3};"
            + $" {Store}", 32, 32);
        Assert.All(result, value => Assert.Equal(69u, value));
    }

    [Theory, InlineData(0, 0, 0), InlineData(17, 3, 9), InlineData(40, 8, 70), InlineData(63, 15, 127), InlineData(9, 12, 64)]
    public void Wgmma_finds_each_element_behind_its_descriptor(int i, int k, int j)
    {
        // A: row m of 64 values is 128 bytes, eight rows an atom of 1024. B with its n together: row k of 64 values, eight k an atom; 2048
        // bytes to the next 64 n. Within an atom the piece of 16 bytes at p of row r lies at p ^ r.
        const int WordsIn = 3072, Sums = 64;
        var input = new byte[WordsIn * 4];
        Put((i / 8 * 1024) + (i % 8 * 128), k / 8, i % 8, k % 8);
        Put(8192 + (j / 64 * 2048) + (k / 8 * 1024) + (k % 8 * 128), j % 64 / 8, k % 8, j % 8);
        var sums = string.Join(", ", Enumerable.Range(0, Sums).Select(r => $"%f{r}"));
        var copy = string.Concat(Enumerable.Range(0, WordsIn / 128)
            .Select(w => $"ld.global.u32 %r5, [%rd1+{w * 512}]; st.shared.u32 [%r2+{w * 512}], %r5; "));
        var store = string.Concat(Enumerable.Range(0, Sums).Select(r => $"st.global.f32 [%rd3+{r * 4}], %f{r}; "));
        using var gpu = new Blip.Emulation.Machine.EmulatedGpu();
        var memory = gpu.Upload<byte>([.. input, .. new byte[128 * Sums * 4]]);
        var body = "mov.u32 %r0, %tid.x; .shared .align 1024 .b8 tiles[12288]; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd1, %rd0, %rd1; "
            + "mov.u32 %r2, tiles; shl.b32 %r1, %r0, 2;"
            + $" add.u32 %r2, %r2, %r1; {copy} fence.proxy.async.shared::cta; bar.sync 0; mov.u64 %rd5, 0x{(1UL << 62) | (64UL << 32):X}; "
            + $"mov.u64 %rd6, 0x{(1UL << 62) | (64UL << 32) | (128UL << 16) | 512:X};"
            + $" mov.pred %p0, 0; wgmma.fence.sync.aligned; wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {{{sums}}}, %rd5, %rd6, "
            + $"%p0, 1, 1, 0, 1;"
            + $" wgmma.commit_group.sync.aligned; WAIT mul.wide.u32 %rd3, %r0, {Sums * 4}; add.u64 %rd3, %rd0, %rd3; add.u64 %rd3, %rd3, "
            + $"{WordsIn * 4}; {store}";
        Launch("wgmma.wait_group.sync.aligned 0;");
        var result = gpu.Download<float>(memory, WordsIn + (128 * Sums))[WordsIn..];
        var expected = new float[128 * Sums];
        expected[((((i / 16 * 32) + (i % 8 * 4) + (j % 8 / 2)) * Sums) + (4 * (j / 8)) + (2 * (i % 16 / 8)) + (j % 2))] = 1;
        Assert.Equal(expected, result);
        // Without the wait the sums are not there.
        Assert.Throws<Blip.Emulation.Machine.EmulationException>(() => Launch("wgmma.wait_group.sync.aligned 1;"));

        void Put(int row, int piece, int turn, int element) => input[row + ((piece ^ turn) * 16) + (element * 2) + 1] = 0x3C;

        void Launch(string wait) => gpu.Load(Isa.Kernel(body.Replace("WAIT", wait, StringComparison.Ordinal)))
            .Launch(1, 128, new Blip.Emulation.Machine.KernelArguments().Add(memory).ToArray());
    }

    [Fact]
    public void Sums_of_products_can_be_cut_off_as_tensor_cores_cut_them()
    {
        // 1 + 15 products of 2^-25: exact sums round up to 1 + 2^-23 (15 2^-25 > 2^-23.1), sums cut off at 24 bits stay 1.
        double[] x = [1, .. Enumerable.Repeat(1.0 / 32, 15)], y = [1, .. Enumerable.Repeat(1.0 / (1 << 20), 15)];
        Assert.Equal(1 + (15 * Math.ScaleB(1, -25)), Blip.Emulation.Instructions.MatrixSums.Exact(0, x, y));
        Assert.Equal(1, Blip.Emulation.Instructions.MatrixSums.Truncated(0, x, y));
    }
}
