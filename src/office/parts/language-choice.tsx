import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { language, type Language, switchLanguage } from "#ui/language.ts";
import { prefer } from "#ui/preferences.ts";

/** Each language is named in itself: whoever needs the switch cannot read the other. */
export const languageNames: Readonly<Record<Language, string>> = { "zh-CN": "中文", en: "English" };
const languages: readonly Language[] = ["zh-CN", "en"];

/** Changes the language here and for this screen's next visit. */
export async function changeLanguage(next: Language): Promise<void> {
  await switchLanguage(next, document.documentElement);
  prefer("language", next, localStorage, document.documentElement);
}

/** The switch that stands outside of sign-in. */
export function LanguageChoice(): JSX.Element {
  return (
    <div class="languages">
      {languages.map((each) => (
        <span key={each} lang={each}>
          <Button kind="quiet" pressed={language.value === each} onPress={() => void changeLanguage(each)}>
            {languageNames[each]}
          </Button>
        </span>
      ))}
    </div>
  );
}
