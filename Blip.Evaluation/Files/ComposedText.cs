using System.Text;

namespace Blip.Evaluation;

/// <summary>
/// Composes letters and marks (Unicode's form C) in file names, as macOS decomposes them: Latin, Cyrillic,
/// kana, Hangul. <see cref="string.Normalize()"/> does nothing under invariant globalisation.
/// </summary>
internal static class ComposedText
{
    // Mark → pairs of a letter without and with it.
    private static readonly Dictionary<char, string> Pairs = new()
    {
        ['\u0300'] = "AÀEÈIÌOÒUÙYỲaàeèiìoòuùyỳÂẦÊỀÔỒâầêềôồĂẰăằƠỜơờƯỪưừЕЀИЍеѐиѝ",
        ['\u0301'] = "AÁCĆEÉIÍLĹNŃOÓRŔSŚUÚYÝZŹaácćeéiílĺnńoórŕsśuúyýzźÂẤÊẾÔỐâấêếôốĂẮăắƠỚơớƯỨưứГЃКЌгѓкќ",
        ['\u0302'] = "AÂCĈEÊGĜHĤIÎJĴOÔSŜUÛWŴYŶaâcĉeêgĝhĥiîjĵoôsŝuûwŵyŷẠẬạậẸỆẹệỌỘọộ",
        ['\u0303'] = "AÃEẼIĨNÑOÕUŨYỸaãeẽiĩnñoõuũyỹÂẪÊỄÔỖâẫêễôỗĂẴăẵƠỠơỡƯỮưữ",
        ['\u0304'] = "AĀEĒIĪOŌUŪaāeēiīoōuū",
        ['\u0306'] = "AĂEĔGĞIĬOŎUŬaăeĕgğiĭoŏuŭИЙУЎийуўẠẶạặ",
        ['\u0307'] = "CĊEĖGĠIİZŻcċeėgġzż",
        ['\u0308'] = "AÄEËIÏOÖUÜYŸaäeëiïoöuüyÿІЇЕЁеёії",
        ['\u0309'] = "AẢEẺIỈOỎUỦYỶaảeẻiỉoỏuủyỷÂẨÊỂÔỔâẩêểôổĂẲăẳƠỞơởƯỬưử",
        ['\u030A'] = "AÅUŮaåuů",
        ['\u030B'] = "OŐUŰoőuű",
        ['\u030C'] = "CČDĎEĚLĽNŇRŘSŠTŤZŽcčdďeělľnňrřsštťzž",
        ['\u031B'] = "OƠUƯoơuư",
        ['\u0323'] = "AẠEẸIỊOỌUỤYỴaạeẹiịoọuụyỵƠỢơợƯỰưự",
        ['\u0326'] = "SȘTȚsștț",
        ['\u0327'] = "CÇGĢKĶLĻNŅRŖSŞTŢcçgģkķlļnņrŗsştţ",
        ['\u0328'] = "AĄEĘIĮUŲaąeęiįuų",
    };

    public static string Of(string text)
    {
        if (!text.Any(c => c is >= '\u0300' and < '\u0370' or '\u3099' or '\u309A' or >= '\u1161' and <= '\u11C2'))
            return text;
        var composed = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (composed.Length > 0 && Joined(composed[^1], c) is { } letter)
                composed[^1] = letter;
            else
                composed.Append(c);
        }
        return composed.ToString();
    }

    private static char? Joined(char letter, char mark)
    {
        if (Pairs.TryGetValue(mark, out var pairs))
        {
            for (var i = 0; i < pairs.Length; i += 2)
            {
                if (pairs[i] == letter)
                    return pairs[i + 1];
            }
            return null;
        }
        // Unicode Standard, section 3.12; kana are ordered plain, voiced, half voiced.
        return (letter, mark) switch
        {
            ( >= '\u1100' and <= '\u1112', >= '\u1161' and <= '\u1175') =>
                (char)(0xAC00 + ((((letter - 0x1100) * 21) + mark - 0x1161) * 28)),
            ( >= '\uAC00' and <= '\uD7A3', > '\u11A7' and <= '\u11C2') when (letter - 0xAC00) % 28 == 0 => (char)(letter + mark - 0x11A7),
            ( >= '\u304B' and <= '\u30DB', '\u3099') => (char)(letter + 1),
            ( >= '\u306F' and <= '\u30DB', '\u309A') => (char)(letter + 2),
            _ => null,
        };
    }
}
