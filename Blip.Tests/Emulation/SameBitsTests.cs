namespace Blip.Tests.Emulation;

/// <summary>A text's proof about a fault, and its limits.</summary>
public class SameBitsTests
{
    private const string Loop = """
        mov.b32 %r26, %ntid.x;
        shl.b32 %r27, %r26, 5;
        mov.f32 %f3, 0f00000000;
        mov.b32 %r3, %r28;
        L_7:
        setp.ge.s32 %p7, %r3, %r8;
        @%p7 bra L_10;
        add.s32 %r29, %r3, %r27;
        min.s32 %r30, %r29, %r8;
        mov.b32 %r4, %r3;
        mov.f32 %f4, 0f00000000;
        L_8:
        setp.ge.s32 %p8, %r4, %r30;
        @%p8 bra L_9;
        add.f32 %f5, %f4, %f1;
        mov.f32 %f4, %f5;
        add.s32 %r5, %r4, %r26;
        mov.b32 %r4, %r5;
        bra L_8;
        L_9:
        add.f32 %f6, %f3, %f4;
        add.s32 %r31, %r3, %r27;
        mov.f32 %f3, %f6;
        mov.b32 %r3, %r31;
        bra L_7;
        L_10:
        st.global.f32 [%rd1], %f3;
        ret;
        """;

    [Theory]
    [InlineData("st.shared.f32 [%rd1], %f1; bar.sync 0; ld.shared.f32 %f2, [%rd2]; bar.sync 0; sub.s32 %r1, %r2, 1; st.global.f32 [%rd3], "
        + "%f2; ret;", 3, true)]
    [InlineData("bar.sync 0; ld.shared.f32 %f2, [%rd2]; bar.sync 0; ld.global.f32 %f3, [%rd3]; bar.sync 0; st.shared.f32 [%rd2], %f3; ret;",
        2, true)]
    // Written before it, written behind it, and written behind it on the way round.
    [InlineData("st.shared.f32 [%rd1], %f1; bar.sync 0; ld.shared.f32 %f2, [%rd2]; ret;", 1, false)]
    [InlineData("bar.sync 0; ld.shared.f32 %f2, [%rd2]; bar.sync 0; st.shared.f32 [%rd1], %f1; ret;", 2, false)]
    [InlineData("L_1: st.shared.f32 [%rd1], %f1; bar.sync 0; ld.shared.f32 %f2, [%rd2]; bar.sync 0; @%p1 bra L_1; ret;", 4, false)]
    // Read from the device's memory before it, written there behind it.
    [InlineData("bar.sync 0; ld.global.f32 %f2, [%rd2]; bar.sync 0; st.global.f32 [%rd3], %f1; ret;", 2, false)]
    [InlineData("bar.sync 0; ld.f32 %f2, [%rd2]; bar.sync 0; ret;", 2, false)]
    public void A_barrier_between_reads_alone_keeps_nothing_apart(string text, int line, bool same) =>
        Assert.Equal(same, SameBits.WithoutBarrier(
            text.Replace("; ", ";\n", StringComparison.Ordinal).Replace(": ", ":\n", StringComparison.Ordinal).Split('\n'), line));

    [Theory]
    [InlineData("", "", true)]
    [InlineData("min.s32 %r30, %r29, %r8;", "min.s32 %r30, %r29, %r9;", false)]
    [InlineData("mov.f32 %f3, 0f00000000;", "mov.f32 %f3, 0f80000000;", false)]
    [InlineData("mov.f32 %f4, 0f00000000;", "mov.f32 %f4, 0f3F800000;", false)]
    [InlineData("mov.b32 %r26, %ntid.x;", "mov.b32 %r26, %r1;", false)]
    [InlineData("mov.f32 %f4, %f5;", "mov.f32 %f3, %f5;", false)]
    [InlineData("st.global.f32 [%rd1], %f3;", "st.global.b32 [%rd1], %r3;", false)]
    public void A_part_that_begins_at_the_end_of_a_row_adds_nothing(string before, string after, bool same)
    {
        var text = (before.Length == 0 ? Loop : Loop.Replace(before, after, StringComparison.Ordinal)).Split('\n');
        Assert.Equal(same, SameBits.WithOneEmptyPart(text, Array.IndexOf(text, "setp.ge.s32 %p7, %r3, %r8;")));
    }
}
