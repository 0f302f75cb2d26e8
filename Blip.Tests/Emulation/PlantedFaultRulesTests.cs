namespace Blip.Tests.Emulation;

/// <summary>When a planted fault counts as none: only by the text's proof.</summary>
public class PlantedFaultRulesTests
{
    private const string Product =
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1, %f2, %f3, %f4}, {%r1, %r2, %r3, %r4}, {%r5, %r6}, {%f5, %f6, %f7, %f8};";

    [Theory]
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f00000000;", true)]
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f3F800000;", false)]
    // Somebody else writes to one of them, too: alone, among others, in a line of several instructions.
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f00000000;\nadd.f32 %f5, %f1, %f1;", false)]
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f00000000;\nld.shared.v2.f32 {%f9, %f6}, [%r1];", false)]
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f00000000;\n{ .reg .pred some; @some ld.global.b32 %f6, [%rd1]; }", false)]
    // Their readers do not matter.
    [InlineData("mov.f32 %f5, 0f00000000;", "mov.f32 %f6, 0f00000000;\nadd.f32 %f9, %f5, %f6;", true)]
    public void Sums_that_begin_at_zero_may_change_places(string first, string second, bool expected)
    {
        var ptx = $"{first}\n{second}\n{Product}";
        var fault = Assert.Single(PlantedFault.Of("fragments of the sum swapped", ptx, new HashSet<int> { ptx.Split('\n').Length }));
        Assert.Equal(expected, fault.ChangesNothing(ptx));
    }
}
